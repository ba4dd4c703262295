package events

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The CRC-32C of "foo" is 0xcfc4ae1d, as TensorFlow's tests of crc32c have it.
func TestChecksum(t *testing.T) {
	crc := uint32(0xcfc4ae1d)
	assert.Equal(t, (crc>>15|crc<<17)+0xa282ead8, checksum([]byte("foo")))
	assert.Equal(t, uint32(0xa282ead8), checksum(nil))
}

// The first event of a file, byte for byte as TensorFlow writes it at time 0.
func TestFirstRecord(t *testing.T) {
	b, err := Append(nil, Event{Version: version})
	require.NoError(t, err)
	assert.Equal(t, "090000000000000000"+"1000"+"1a0d"+hex.EncodeToString([]byte("brain.Event:2")), hex.EncodeToString(b[headBytes:len(b)-tailBytes]))
}

func TestAppendErrors(t *testing.T) {
	before := []byte("before")
	for want, data := range map[string]Data{
		"no data": nil,
		"image of 0×1 pixels, 3 channels, 1 bytes": Image{Width: 0, Height: 1, Channels: 3, Encoded: []byte{1}},
		"image of 1×1 pixels, 5 channels":          Image{Width: 1, Height: 1, Channels: 5, Encoded: []byte{1}},
		"3 channels, 0 bytes":                      Image{Width: 1, Height: 1, Channels: 3},
		"histogram with 1 limits and 0 counts":     Histogram{Limits: []float64{1}},
		"histogram with 0 limits and 0 counts":     Histogram{},
		"hyper-parameter SEED is a int":            HParams{Params: []HParam{{"SEED", 1}}},
		"an event of 67108":                        Image{Width: 1, Height: 1, Channels: 3, Encoded: make([]byte, maxRecord)},
	} {
		b, err := Append(before, Event{Values: []Value{{"x", Scalar(1)}, {"loss", data}}})
		assert.ErrorContains(t, err, want)
		assert.Equal(t, before, b)
	}
	b, err := Append(nil, Event{Values: []Value{{"a\xffb", Text{"\xc3"}}}})
	require.NoError(t, err)
	list, _, _ := readAll(b)
	assert.Equal(t, []Value{{"a\ufffdb", Text{"\ufffd"}}}, list[0].Values)
}

// Messages of any length get the right one before them.
func TestMessageLengths(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 129, 16383, 16384, 1 << 21} {
		content := bytes.Repeat([]byte{7}, n)
		got := appendMust(t, []byte{1}, 3, content)
		assert.True(t, bytes.Equal(appendBytes([]byte{1}, 3, content), got), n)
	}
}

// A step of a training writes three scalars: that must cost next to nothing.
func BenchmarkScalar(b *testing.B) {
	f, err := Open(b.TempDir(), Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Write(Event{Step: 5, Values: []Value{{"CriticLoss/Epochs", Scalar(1)}}}); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, f.Close())
}
