package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostileName moves a terminal's cursor, reverses what follows it, and begins a line that looks like another's.
const hostileName = "\x1b[2K\x1b[1Gtxt.\u202e\u009b31m\nSaved: all is well"

// TestHostileNames trains beside an image that is named to deceive: nothing but graphic characters
// reaches the console and the log, in lines of the runner's own.
func TestHostileNames(t *testing.T) {
	c := plain(t, "catfaces_1")
	c.FeaturesGen, c.FeaturesCritic, c.BatchSize, c.CriticIterations, c.ImageSize = 4, 4, 2, 1, 16
	folder := t.TempDir()
	good, err := os.ReadFile("../datasets/testdata/inputs/rgba.png")
	require.NoError(t, err)
	for name, data := range map[string][]byte{"a.png": good, "b.png": good, hostileName + ".png": []byte("no image")} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o666); err != nil {
			t.Skip("no such names here: ", err)
		}
	}
	var console strings.Builder
	r, err := Open(t.Context(), Options{Config: c, Data: folder, Root: t.TempDir(), Steps: 1, Threads: 1, Console: &console})
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Run(t.Context()))
	log, err := os.ReadFile(filepath.Join(r.Folder(), consoleFile))
	require.NoError(t, err)
	start := strings.Join(r.Start(), "\n")
	assert.Contains(t, start, `skipped \x1b[2K\x1b[1Gtxt.\u202e\u009b31m\nSaved: all is well.png: `)
	for name, text := range map[string]string{"the first lines": start, "the console": console.String(), "the log": string(log)} {
		assert.NotContains(t, text, "\nSaved: all", name)
		for _, char := range text {
			assert.True(t, unicode.IsGraphic(char) || char == '\n', "%s: %q", name, char)
		}
	}
}
