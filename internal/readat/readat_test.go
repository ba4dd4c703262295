package readat

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type broken struct{ err error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestFull(t *testing.T) {
	b := make([]byte, 3)
	require.NoError(t, Full(bytes.NewReader([]byte("abcde")), b, 2), "up to the end")
	assert.Equal(t, "cde", string(b))
	err := Full(bytes.NewReader([]byte("abcd")), b, 2)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.ErrorContains(t, err, "3 bytes at offset 2")
	assert.ErrorIs(t, Full(broken{}, b, 0), io.ErrUnexpectedEOF, "a reader that gives nothing and says nothing")
	failure := errors.New("a disk")
	assert.ErrorIs(t, Full(broken{failure}, b, 0), failure)
}
