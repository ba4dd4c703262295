package packed_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/packed"
)

// mapped maps a file of the given bytes.
func mapped(t *testing.T, data []byte) (*packed.Mapping, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pack")
	require.NoError(t, os.WriteFile(path, data, 0o666))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	m, err := packed.Map(f)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this system does not map files")
	}
	return m, path, err
}

func TestMap(t *testing.T) {
	data := pack(t, 3, map[string]string{"k": "v"}, "a", "b", "c")
	m, path, err := mapped(t, data)
	require.NoError(t, err)
	assert.Equal(t, data[64:64+54], m.Pixels)
	assert.Equal(t, 54, cap(m.Pixels))
	assert.Equal(t, "b", m.Name(1))
	assert.NoError(t, m.Verify(t.Context(), nil))

	// The file stays as it is, whatever becomes of the pixels, and the pixels whatever becomes of the name.
	m.Pixels[0]++
	assert.Error(t, m.Check(0, m.Pixels[:18]))
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, data, kept)
	other := filepath.Join(t.TempDir(), "b.pack")
	require.NoError(t, os.WriteFile(other, pack(t, 1, nil, "z"), 0o666))
	require.NoError(t, os.Rename(other, path))
	assert.Equal(t, data[64+18:64+54], m.Pixels[18:])

	require.NoError(t, m.Close())
	require.NoError(t, m.Close())
	assert.Nil(t, m.Pixels)
}

func TestMapErrors(t *testing.T) {
	data := pack(t, 1, nil, "a")
	for _, bad := range [][]byte{nil, data[:len(data)-1], append([]byte("x"), data...)} {
		_, _, err := mapped(t, bad)
		assert.ErrorContains(t, err, "packed: read")
	}
	f, err := os.Open(t.TempDir())
	require.NoError(t, err)
	_, err = packed.Map(f)
	assert.Error(t, err)
	require.NoError(t, f.Close())
	_, err = packed.Map(f)
	assert.ErrorIs(t, err, os.ErrClosed)
}
