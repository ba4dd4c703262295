package ganlib_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	goTool    = regexp.MustCompile(`\bgo (?:run|install|get)\b[^;&|)]*?\s([a-z0-9-]+(?:\.[a-z0-9-]+)+/\S+)`)
	atVersion = regexp.MustCompile(`[\w~-]+(?:\.[\w-]+)+(?:/[\w.~-]+)+@(\S+?)["']?$`)
	argument  = regexp.MustCompile(`\s(?:--platform|--only-binary|--target|--prefix|-[rdt]) \S+`)
	fixed     = regexp.MustCompile(`^v\d+\.\d+\.\d+`)
	packages  = regexp.MustCompile(`\b(?:packages|wheels)\+?=\(([^)]*)\)`)
	pip       = regexp.MustCompile(`\bpip3? install ([^;&|\n]*)`)
	npm       = regexp.MustCompile(`\b(?:npx|npm (?:install|i|exec)) ([^;&|\n]*)`)
)

// unpinned returns what a script installs without saying which version. What Debian has is pinned by its release.
func unpinned(script string) (found []string) {
	script = regexp.MustCompile(`(?m)(^|\s)#.*$`).ReplaceAllString(script, "$1")
	script = strings.ReplaceAll(script, "\\\n", " ")
	script = argument.ReplaceAllString(script, "")
	for _, m := range goTool.FindAllStringSubmatch(script, -1) {
		if !strings.Contains(m[1], "@") {
			found = append(found, m[1])
		}
	}
	for word := range strings.FieldsSeq(script) {
		if m := atVersion.FindStringSubmatch(word); m != nil && !fixed.MatchString(m[1]) {
			found = append(found, word)
		}
	}
	// Names that an installer is given, or that an array has for it; options and shell variables are none.
	names := func(list []string, pin string) {
		for _, line := range list {
			for word := range strings.FieldsSeq(line) {
				if word = strings.Trim(word, `'"`); word != "" && strings.IndexAny(word, "-$./>2") != 0 && !strings.Contains(word[1:], pin) {
					found = append(found, word)
				}
			}
		}
	}
	names(submatches(packages, script), "==")
	names(submatches(pip, script), "==")
	names(submatches(npm, script), "@")
	return found
}

func submatches(r *regexp.Regexp, text string) (list []string) {
	for _, m := range r.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

func TestUnpinned(t *testing.T) {
	for script, want := range map[string][]string{
		"go run golang.org/x/vuln/cmd/govulncheck ./...":                      {"golang.org/x/vuln/cmd/govulncheck"},
		"go run golang.org/x/vuln/cmd/govulncheck@latest ./...":               {"golang.org/x/vuln/cmd/govulncheck@latest"},
		"go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... # not @latest": nil,
		"tool=honnef.co/go/tools/cmd/staticcheck@master":                      {"tool=honnef.co/go/tools/cmd/staticcheck@master"},
		"go run ./internal/release v1.0.0":                                    nil,
		"python -m pip install -q \\\n\tnumpy torch==2.15.0 >&2":              {"numpy"},
		"python -m pip install --quiet \"${packages[@]}\" >&2":                nil,
		"a) packages=(--no-deps numpy==2.4.6 setuptools) ;;":                  {"setuptools"},
		"wheels+=(\n'a==1 --hash=sha256:00'\nb\n)":                            {"b"},
		"npx tool && npm install other@1.2.3":                                 {"tool"},
	} {
		assert.Equal(t, want, unpinned(script), script)
	}
}

// TestScriptsInstallFixedVersions fails when a script would install what was published after it.
func TestScriptsInstallFixedVersions(t *testing.T) {
	paths := []string{".ci/run"}
	require.NoError(t, filepath.WalkDir("scripts", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && (filepath.Ext(path) == ".sh" || filepath.Ext(path) == ".py") {
			paths = append(paths, path)
		}
		return err
	}))
	require.Greater(t, len(paths), 10)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Empty(t, unpinned(string(text)), "%s installs these in no fixed version", path)
	}
}

// TestModulesHaveSums fails on a module that requires others but does not say what they must hold.
func TestModulesHaveSums(t *testing.T) {
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "go.mod" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte("\nrequire ")) {
			assert.FileExists(t, filepath.Join(filepath.Dir(path), "go.sum"), path)
		}
		return err
	}))
}
