package keras_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// TestKeras has Keras save networks anew, in each of its forms, which then compute what it computes.
// scripts/interchange/keras.sh installs it.
func TestKeras(t *testing.T) {
	python := enginetest.Python(t, "keras", "keras", "h5py", "numpy")
	folder := t.TempDir()
	script := filepath.Join(folder, "make_keras.py") // which writes beside itself
	require.NoError(t, os.WriteFile(script, fixture(t, "make_keras.py"), 0o666))
	enginetest.RunPython(t, python, script)
	for _, file := range kerasFiles {
		t.Run(file, func(t *testing.T) { agrees(t, folder, file) })
	}
}
