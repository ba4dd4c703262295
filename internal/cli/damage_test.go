package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDamagedCheckpoint is named by all who read it, and by the tensor that is not what was written.
func TestDamagedCheckpoint(t *testing.T) {
	path, data := newest(t, trainedRun(t))
	data[len(data)-3] ^= 1
	damaged := filepath.Join(t.TempDir(), filepath.Base(path))
	require.NoError(t, os.WriteFile(damaged, data, 0o666))
	for _, args := range [][]string{{"inspect", damaged}, {"inspect", "--json", damaged}} {
		o := run(t, args...)
		assert.Equal(t, exitFailure, o.code)
		assert.Contains(t, o.errout, damaged+": the file is damaged: tensor ")
		assert.Contains(t, o.errout, "Next: ")
		assert.Empty(t, o.out)
	}
}
