package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/vfs"
	"ganlib/vfs/faultfs"
)

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = string(text)
	}
	return all
}

// TestTextLogRotates keeps the last lines, in files of two lines each; one more that is opened goes on in the same.
func TestTextLogRotates(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for from := 0; from < 12; from += 4 {
		l, err := openTextLog(vfs.OS, path, 6)
		require.NoError(t, err)
		for i := range 4 {
			_, err := fmt.Fprintf(l, "%02d\n", from+i)
			require.NoError(t, err)
		}
		require.NoError(t, l.Close())
	}
	assert.Equal(t, map[string]string{"log": "10\n11\n", "log.1": "08\n09\n", "log.2": "06\n07\n", "log.3": "04\n05\n"}, contents(t, dir))
}

// A log that cannot be renamed, or begun anew, loses nothing.
func TestTextLogOnAFailingDisk(t *testing.T) {
	for _, kind := range []faultfs.Kind{faultfs.Rename, faultfs.Create, faultfs.Close} {
		dir := t.TempDir()
		disk, err := faultfs.New(dir)
		require.NoError(t, err)
		l, err := openTextLog(disk, filepath.Join(dir, "log"), 6)
		require.NoError(t, err)
		c := &console{out: failing{}, file: l}
		c.note("00")
		c.note("01")
		disk.Inject(faultfs.From(1, syscall.EIO).Only(kind))
		c.note("02")
		disk.Inject(nil)
		c.note("03")
		require.NoError(t, c.close(), kind)
		all := contents(t, dir)
		assert.Equal(t, "00\n01\n02\n03\n", all["log.1"]+all["log"], kind)
	}
}
