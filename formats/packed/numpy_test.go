package packed_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// NumPy maps the pixels, and a reader that was written from doc.go alone finds every check sum right.
func TestNumpy(t *testing.T) {
	python := enginetest.Python(t, "numpy", "numpy")
	path := filepath.Join(t.TempDir(), "a.pack")
	data := pack(t, 3, map[string]string{"name": "cats", "ü": "<猫>"}, "cats/a.png", "", "cats/猫.jpg")
	require.NoError(t, os.WriteFile(path, data, 0o666))
	out, err := exec.Command(python, "testdata/read.py", path).Output()
	require.NoError(t, err)
	var got struct {
		Shape    []int
		Names    []string
		Metadata map[string]string
		Means    []float64
	}
	require.NoError(t, json.Unmarshal(out, &got))
	assert.Equal(t, []int{3, 2, 3, 3}, got.Shape)
	assert.Equal(t, []string{"cats/a.png", "", "cats/猫.jpg"}, got.Names)
	assert.Equal(t, map[string]string{"name": "cats", "ü": "<猫>"}, got.Metadata)
	assert.Equal(t, []float64{8.5, 108.5, 208.5}, got.Means)
}
