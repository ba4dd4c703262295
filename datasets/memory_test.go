package datasets

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allocated returns the bytes that f takes from the heap in all.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestDecodeBytes decodes images that take much memory for their pixels: no more than plans count with.
func TestDecodeBytes(t *testing.T) {
	const w, h = 1500, 1000
	var deep bytes.Buffer
	require.NoError(t, png.Encode(&deep, image.NewNRGBA64(image.Rect(0, 0, w, h))))
	progressive, err := os.ReadFile("testdata/inputs/progressive.jpg")
	require.NoError(t, err)
	frame := bytes.Index(progressive, []byte{0xff, 0xc2}) // its size follows a length and a precision
	require.Positive(t, frame)
	binary.BigEndian.PutUint16(progressive[frame+5:], h)
	binary.BigEndian.PutUint16(progressive[frame+7:], w)
	for name, data := range map[string][]byte{"16 bits a channel": deep.Bytes(), "progressive": progressive} {
		dst := make([]byte, 64*64*3)
		taken := allocated(func() { _ = decode(dst, data, Options{Size: 64, Channels: 3}.withDefaults()) })
		t.Logf("%s: %.1f bytes a pixel", name, float64(taken)/(w*h))
		assert.Greater(t, taken, int64(4*w*h), name)
		assert.Less(t, taken, int64(DecodeBytes*w*h), name)
	}
}

// TestDecodeTall resizes an image of few pixels whose resizing takes more memory than they: it counts for what that
// takes, and is refused where there is not so much.
func TestDecodeTall(t *testing.T) {
	var tall bytes.Buffer
	require.NoError(t, png.Encode(&tall, image.NewGray(image.Rect(0, 0, 2, 16_000))))
	o := Options{Size: 256, Channels: 1}.withDefaults()
	counts := o.counted(image.Config{Width: 2, Height: 16_000})
	dst := make([]byte, 256*256)
	var err error
	taken := allocated(func() { err = decode(dst, tall.Bytes(), o) })
	require.NoError(t, err)
	assert.Greater(t, taken, int64(DecodeBytes*256*16_000))
	assert.Less(t, taken, DecodeBytes*(counts+256*256))
	o.MaxPixels = counts - 1
	taken = allocated(func() { err = decode(dst, tall.Bytes(), o) })
	assert.EqualError(t, err, "the header says 2×16000 pixels, which take the memory of 4108000 while they are resized: the limit is 4107999")
	assert.Less(t, taken, int64(1<<20))
}

func TestMaxPixelsWithin(t *testing.T) {
	assert.Equal(t, int64(DefaultMaxPixels), MaxPixelsWithin(1<<40, 16))
	assert.Equal(t, int64(1), MaxPixelsWithin(0, 1))
	assert.Equal(t, int64(1), MaxPixelsWithin(-5, 1))
	assert.Equal(t, int64(1000), MaxPixelsWithin(56_000, 1))
	assert.Greater(t, MaxPixelsWithin(1<<30, 1), MaxPixelsWithin(1<<30, 8))
}

// TestSmaller refuses images and files above a smaller limit, wherever they come from.
func TestSmaller(t *testing.T) {
	folder := t.TempDir()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 100, 100))))
	require.NoError(t, os.WriteFile(folder+"/a.png", b.Bytes(), 0o666))
	require.NoError(t, os.WriteFile(folder+"/b.png", append(b.Bytes(), make([]byte, 200_000)...), 0o666))
	src, err := Folder(folder, Options{Size: 8, Channels: 1})
	require.NoError(t, err)
	dst := make([]byte, 64)
	for i, want := range []string{"10000 pixels: the limit is 9999", "bytes or more: the limit for one image is 145528"} {
		require.NoError(t, src.Read(i, dst))
		assert.ErrorContains(t, Smaller(src, 9999).Read(i, dst), want)
	}
	assert.Same(t, src, Smaller(src, 1<<40))
	set, err := Load(t.Context(), src, LoadOptions{})
	require.NoError(t, err)
	assert.Same(t, Images(set), Smaller(set, 1))
}

// TestDecodeWaitsItsTurn has an image of an eighth of the limit wait for another, and a smaller one go on.
func TestDecodeWaitsItsTurn(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 10, 10))))
	start := func(maxPixels int64) chan error {
		done := make(chan error, 1)
		go func() {
			done <- decode(make([]byte, 1), b.Bytes(), Options{Size: 1, Channels: 1, MaxPixels: maxPixels})
		}()
		return done
	}
	largeTurn.Lock()
	assert.NoError(t, <-start(largePart*101))
	waiting := start(largePart * 100)
	select {
	case err := <-waiting:
		assert.Fail(t, "it did not wait")
		waiting <- err
	case <-time.After(100 * time.Millisecond):
	}
	largeTurn.Unlock()
	assert.NoError(t, <-waiting)
}

// TestZipBomb reads an entry that unpacks to far more than the archive's directory says.
func TestZipBomb(t *testing.T) {
	const claimed, real = 1000, 64 << 20
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, real))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	file := t.TempDir() + "/bomb.zip"
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o666))
	bomb := zipPart{file: file, compressed: uint64(b.Len()), size: claimed, method: zip.Deflate}
	taken := allocated(func() {
		_, err = bomb.read(maxEncoded)
	})
	assert.ErrorContains(t, err, "it has not the 1000 bytes that the zip file's directory says")
	assert.Less(t, taken, int64(1<<20))
}
