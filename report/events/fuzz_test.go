package events

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/internal/enginetest"
)

// FuzzReader reads any bytes. Whatever they are, reading ends with an error that has a name, and what was
// understood can be written and read again.
func FuzzReader(f *testing.F) {
	python, err := os.ReadFile("testdata/python.tfevents")
	require.NoError(f, err)
	f.Add(python)
	data, ends := encode(f, sample())
	f.Add(data)
	f.Add(binary.LittleEndian.AppendUint32([]byte{0, 0, 0, 4, 0, 0, 0, 0}, checksum([]byte{0, 0, 0, 4, 0, 0, 0, 0}))) // promises 64 MiB
	for _, end := range ends {
		f.Add(data[:end-1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		var list []Event
		var offset int64
		var err error
		// Most for events without anything in them, of 16 bytes each.
		enginetest.AllocatesAtMost(t, 160*len(data)+1<<16, func() { list, offset, err = readAll(data) })
		require.True(t, ended(err), "%v", err)
		require.LessOrEqual(t, offset, int64(len(data)))
		for _, e := range list {
			checkAgain(t, e)
		}
		// The payload alone, so that mutations need not find checksums.
		if e, err := decodeEvent(data); err == nil {
			checkAgain(t, *e)
		}
	})
}

// checkAgain writes an event that was read, if all of it can be, and reads it.
func checkAgain(t *testing.T, e Event) {
	first, err := Append(nil, e)
	if err != nil {
		return
	}
	list, _, _ := readAll(first)
	require.Len(t, list, 1)
	second, err := Append(nil, list[0])
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, second))
}
