package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
	"ganlib/internal/words"
)

func TestMan(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "man")
	o := succeed(t, "man", folder)
	pages, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	assert.Contains(t, o.out, words.Counted(len(pages), "page"))
	for _, name := range []string{"catfaces.1", "catfaces-train.1", "catfaces-data-info.1", "catfaces-resume.7", "catfaces-devices.1", "catfaces-devices.7"} {
		assert.FileExists(t, filepath.Join(folder, name))
	}
	assert.NoFileExists(t, filepath.Join(folder, "catfaces-man.1"), "it is hidden")
	again := filepath.Join(t.TempDir(), "man")
	succeed(t, "man", again)
	for _, page := range pages {
		a, err := os.ReadFile(page)
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(again, filepath.Base(page)))
		require.NoError(t, err)
		assert.Equal(t, a, b, "equal sources make equal pages")
	}
	assert.NotContains(t, succeed(t, "--help").out, "manual pages", "it is for packagers")

	assert.Equal(t, exitUsage, run(t, "man", "").code)
	write(t, filepath.Join(folder, "file"), "")
	assert.Equal(t, exitFailure, run(t, "man", filepath.Join(folder, "file", "man")).code)
}

func TestRoff(t *testing.T) {
	assert.Equal(t, `\&.ec a\eb \-\-x\(dq`+"\n", roffLine("  .ec  a\\b --x\" "))
	assert.Equal(t, "one\n.sp\n.nf\n\\&  two  2\n.fi\nthree\n.nf\n\\&  .four\n.fi\n", roffText("one\n\n  two  2\nthree\n  .four\n\n"))
}

// Formatters find nothing to complain about, and the pages show what the commands' help shows.
func TestManPagesFormat(t *testing.T) {
	groff := enginetest.Program(t, "groff")
	folder := t.TempDir()
	succeed(t, "man", folder)
	pages, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	for _, page := range pages {
		out, err := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z", page).CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Empty(t, string(out), page)
	}
	text := formatted(t, groff, filepath.Join(folder, "catfaces-sample.1"))
	for _, want := range []string{"catfaces-sample - Draw samples from a trained generator into a picture", "catfaces sample --path RUN [flags]", "--path FILE", "--n N"} {
		assert.Contains(t, text, want)
	}
	assert.Contains(t, formatted(t, groff, filepath.Join(folder, "catfaces.1")), "CUDA_VISIBLE_DEVICES")
	topic, _ := topicNamed("json")
	text = formatted(t, groff, filepath.Join(folder, "catfaces-json.7"))
	for line := range strings.Lines(topic.body) {
		if strings.HasPrefix(line, "  ") {
			assert.Contains(t, text, strings.TrimSpace(line), "as it is written")
		}
	}
}

// formatted returns a page as a terminal without fonts shows it.
func formatted(t *testing.T, groff, page string) string {
	t.Helper()
	out, err := exec.Command(groff, "-man", "-Tutf8", "-P-c", "-rLL=120n", page).Output()
	require.NoError(t, err)
	text := regexp.MustCompile(`.\x08`).ReplaceAllString(string(out), "")
	return strings.NewReplacer("‐", "-", "−", "-").Replace(text)
}

func TestManPagesLint(t *testing.T) {
	mandoc := enginetest.Program(t, "mandoc")
	folder := t.TempDir()
	succeed(t, "man", folder)
	pages, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	out, err := exec.Command(mandoc, append([]string{"-T", "lint", "-W", "warning"}, pages...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		// No date, so that equal sources make equal pages.
		assert.Contains(t, line, "missing date", "%v", err)
	}
}
