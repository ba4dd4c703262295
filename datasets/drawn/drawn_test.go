package drawn

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read draws face i of a new set.
func read(t *testing.T, seed uint64, i, size, channels int) []byte {
	t.Helper()
	f, err := New(seed, 1, size, channels)
	require.NoError(t, err)
	dst := make([]byte, size*size*channels)
	require.NoError(t, f.Read(i, dst))
	return dst
}

// distance is the mean absolute difference of two pictures, in levels of 0 to 255.
func distance(a, b []byte) float64 {
	var sum float64
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(len(a))
}

func TestNewErrors(t *testing.T) {
	for _, c := range []struct {
		n, size, channels int
		want              string
	}{
		{-1, 64, 3, "drawn: new: n -1: want 0 faces or more"},
		{1, 15, 3, "drawn: new: size 15: want 16 to 1024"},
		{1, 1025, 3, "drawn: new: size 1025: want 16 to 1024"},
		{1, -64, 3, "drawn: new: size -64: want 16 to 1024"},
		{1, 64, 0, "drawn: new: channels 0: want 1 (grey) or 3 (RGB)"},
		{1, 64, 2, "drawn: new: channels 2: want 1 (grey) or 3 (RGB)"},
		{1, 64, 4, "drawn: new: channels 4: want 1 (grey) or 3 (RGB)"},
	} {
		f, err := New(1, c.n, c.size, c.channels)
		assert.EqualError(t, err, c.want)
		assert.Nil(t, f)
	}
}

func TestReadErrors(t *testing.T) {
	f, err := New(1, 10, 16, 3)
	require.NoError(t, err)
	dst := bytes.Repeat([]byte{7}, 16*16*3+1)
	assert.EqualError(t, f.Read(-1, dst[:16*16*3]), "drawn: read: face -1: want 0 or more")
	assert.EqualError(t, f.Read(0, dst), "drawn: read: dst has 769 bytes: want 768 for (16,16,3)")
	assert.EqualError(t, f.Read(0, dst[:767]), "drawn: read: dst has 767 bytes: want 768 for (16,16,3)")
	assert.EqualError(t, f.Read(0, nil), "drawn: read: dst has 0 bytes: want 768 for (16,16,3)")
	assert.Equal(t, bytes.Repeat([]byte{7}, len(dst)), dst, "an error leaves dst alone")
}

func TestDescription(t *testing.T) {
	f, err := New(5, 0, 100, 1)
	require.NoError(t, err)
	assert.Equal(t, "drawn cat faces (seed 5)", f.Name())
	assert.Equal(t, 0, f.Len())
	h, w, c := f.Size()
	assert.Equal(t, [3]int{100, 100, 1}, [3]int{h, w, c})
}

// A face depends on the seed and its index alone: not on what was drawn before, on how many there
// are, or on who else draws.
func TestDeterminism(t *testing.T) {
	const size, faces = 32, 24
	few, err := New(3, 1, size, 3)
	require.NoError(t, err)
	want := make([][]byte, faces)
	for i := faces - 1; i >= 0; i-- {
		want[i] = make([]byte, size*size*3)
		require.NoError(t, few.Read(i, want[i]))
	}
	many, err := New(3, 1000, size, 3)
	require.NoError(t, err)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			dst := make([]byte, size*size*3)
			for i := range faces {
				if assert.NoError(t, many.Read(i, dst)) {
					assert.True(t, bytes.Equal(want[i], dst), "face %d", i)
				}
			}
		})
	}
	wait.Wait()
}

func TestFacesDiffer(t *testing.T) {
	const size, faces = 16, 40
	var all [][]byte
	for i := range faces {
		all = append(all, read(t, 1, i, size, 3), read(t, 2, i, size, 3))
	}
	all = append(all, read(t, 1, math.MaxInt, size, 3), read(t, 1<<63+1, 0, size, 3))
	for i := range all {
		for j := range i {
			assert.Greater(t, distance(all[i], all[j]), 4.0, "pictures %d and %d", i, j)
		}
	}
}

// The face at a small size is the box average of the face at a larger one. The tone curve is
// applied after averaging, and the larger picture has finer points, so they differ a little.
func TestSizesAgree(t *testing.T) {
	for _, size := range []int{64, 128, 256} {
		var worst float64
		for i := range 12 {
			small, large := read(t, 4, i, 16, 3), read(t, 4, i, size, 3)
			worst = max(worst, distance(small, shrink(large, size, 16)))
		}
		assert.Less(t, worst, 5.0, "size %d", size)
		assert.Greater(t, distance(read(t, 4, 0, 16, 3), shrink(read(t, 4, 1, size, 3), size, 16)), 15.0)
	}
	// Sizes that divide nothing.
	for _, size := range []int{17, 63, 65, 100} {
		assert.Len(t, read(t, 4, 0, size, 3), size*size*3)
	}
}

// shrink averages the boxes of an RGB picture.
func shrink(pix []byte, from, to int) []byte {
	k := from / to
	out := make([]byte, to*to*3)
	for i := range out {
		x, y, c := i/3%to, i/3/to, i%3
		sum := 0
		for dy := range k {
			for dx := range k {
				sum += int(pix[((y*k+dy)*from+x*k+dx)*3+c])
			}
		}
		out[i] = byte((sum + k*k/2) / (k * k))
	}
	return out
}

func TestGreyIsLuma(t *testing.T) {
	grey, colour := read(t, 6, 2, 64, 1), read(t, 6, 2, 64, 3)
	for i, v := range grey {
		c := colour[3*i:]
		luma := 0.299*float64(c[0]) + 0.587*float64(c[1]) + 0.114*float64(c[2])
		require.InDelta(t, luma, float64(v), 1.01, "pixel %d", i) // both were rounded
	}
}

func TestFaceIsRead(t *testing.T) {
	for _, channels := range []int{1, 3} {
		f, err := New(8, 1, 24, channels)
		require.NoError(t, err)
		want := read(t, 8, 5, 24, channels)
		img := f.Face(5)
		assert.Equal(t, image.Rect(0, 0, 24, 24), img.Bounds())
		for i := range 24 * 24 {
			r, g, b, a := img.At(i%24, i/24).RGBA()
			require.EqualValues(t, 0xFFFF, a)
			require.EqualValues(t, want[i*channels], r>>8)
			require.EqualValues(t, want[i*channels+channels/2], g>>8)
			require.EqualValues(t, want[i*channels+channels-1], b>>8)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, size := range []int{16, 64, 256} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			f, err := New(1, 1, size, 3)
			require.NoError(b, err)
			dst := make([]byte, size*size*3)
			i := 0
			for b.Loop() {
				if err := f.Read(i, dst); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
