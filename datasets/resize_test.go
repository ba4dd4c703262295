package datasets

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResizedSameSizeIsTheSourceItself(t *testing.T) {
	s, err := NewSet("s", 4, 4, 1, make([]byte, 32))
	require.NoError(t, err)
	r, err := Resized(s, Options{Size: 4, Channels: 1})
	require.NoError(t, err)
	assert.Same(t, s, r)
}

func TestResizedConverts(t *testing.T) {
	colour, err := NewSet("colour", 2, 2, 3, []byte{255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0})
	require.NoError(t, err)
	grey, err := NewSet("grey", 1, 2, 1, []byte{0, 200})
	require.NoError(t, err)
	for _, c := range []struct {
		name string
		src  Images
		o    Options
		want []byte
	}{
		{"red to grey", colour, Options{Size: 2, Channels: 1}, []byte{76, 76, 76, 76}},
		{"red shrunk", colour, Options{Size: 1, Channels: 3}, []byte{255, 0, 0}},
		{"grey to RGB, averaged", grey, Options{Size: 1, Channels: 3}, []byte{100, 100, 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Resized(c.src, c.o)
			require.NoError(t, err)
			got := make([]byte, len(c.want))
			require.NoError(t, r.Read(0, got))
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.src.Len(), r.Len())
			assert.Equal(t, "image 0", Source(r, 0))
			assert.ErrorContains(t, r.Read(0, got[1:]), "want")
			assert.ErrorContains(t, r.Read(r.Len(), got), "image 1: want 0 to 0")
		})
	}
}

func TestResizedRefuses(t *testing.T) {
	s, err := NewSet("s", 2, 2, 2, make([]byte, 8))
	require.NoError(t, err)
	_, err = Resized(s, Options{Size: 4, Channels: 3})
	assert.ErrorContains(t, err, "images of 2×2×2")
	_, err = Resized(s, Options{Size: 4, Channels: 2})
	assert.ErrorContains(t, err, "channels 2")
}

func TestOptionsValidate(t *testing.T) {
	good := Options{Size: 64, Channels: 3}
	require.NoError(t, good.Validate())
	for want, change := range map[string]func(*Options){
		"size 0: want 1 to 1024":         func(o *Options) { o.Size = 0 },
		"size 1025: want 1 to 1024":      func(o *Options) { o.Size = MaxSize + 1 },
		"channels 4: want 1 (grey) or 3": func(o *Options) { o.Channels = 4 },
		"max pixels -1: want 0 or more":  func(o *Options) { o.MaxPixels = -1 },
		"max bytes -1: want 0 or more":   func(o *Options) { o.MaxBytes = -1 },
	} {
		o := good
		change(&o)
		assert.ErrorContains(t, o.Validate(), want)
		_, err := Open(t.TempDir(), o)
		assert.ErrorContains(t, err, want)
	}
}
