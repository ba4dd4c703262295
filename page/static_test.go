package page

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What others have written is as they published it: uPlot 1.6.32.
func TestVendoredFiles(t *testing.T) {
	want := map[string]string{
		"static/vendor/uplot/LICENSE":           "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
		"static/vendor/uplot/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"static/vendor/uplot/uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
	}
	got := map[string]string{}
	err := fs.WalkDir(static, "static/vendor", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := static.ReadFile(path)
		sum := sha256.Sum256(data)
		got[path] = hex.EncodeToString(sum[:])
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, want, got)
}
