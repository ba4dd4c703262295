package datasets

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errBroken = errors.New("broken")

// fake is a source of n images of 2×1×1, the number of each in its first byte; some cannot be read.
type fake struct {
	n      int
	broken map[int]bool
	reads  atomic.Int64
	onRead func(i int)
}

func (f *fake) Name() string        { return "fake" }
func (f *fake) Len() int            { return f.n }
func (f *fake) Size() (h, w, c int) { return 2, 1, 1 }
func (f *fake) Source(i int) string { return fmt.Sprintf("file%d", i) }
func (f *fake) Read(i int, dst []byte) error {
	f.reads.Add(1)
	if f.onRead != nil {
		f.onRead(i)
	}
	dst[0], dst[1] = byte(i), 0xee // a broken image leaves half a result
	if f.broken[i] {
		return fmt.Errorf("file%d: %w", i, errBroken)
	}
	dst[1] = 0xff
	return nil
}

func TestLoadKeepsOrder(t *testing.T) {
	var want *Set
	for _, workers := range []int{1, 2, 7, 1000, 0} {
		src := &fake{n: 100, onRead: func(i int) {
			for range i % 3 {
				runtime.Gosched()
			}
		}}
		var calls []int
		s, err := Load(t.Context(), src, LoadOptions{Workers: workers, Progress: func(done, total int) {
			assert.Equal(t, 100, total)
			calls = append(calls, done)
		}})
		require.NoError(t, err)
		assert.Len(t, calls, 100)
		assert.IsIncreasing(t, calls)
		assert.Equal(t, 100, calls[99])
		assert.EqualValues(t, 100, src.reads.Load())
		for i := range 100 {
			assert.Equal(t, []byte{byte(i), 0xff}, s.Image(i))
		}
		if want == nil {
			want = s
		}
		assert.Equal(t, want.Fingerprint, s.Fingerprint)
		assert.Equal(t, "file99", Source(s, 99))
	}
}

func TestLoadSkipsAndNames(t *testing.T) {
	src := &fake{n: 6, broken: map[int]bool{0: true, 3: true, 5: true}}
	s, err := Load(t.Context(), src, LoadOptions{})
	require.NoError(t, err)
	assert.Equal(t, 3, s.N)
	assert.Equal(t, []byte{1, 0xff, 2, 0xff, 4, 0xff}, s.Pix)
	require.Len(t, s.Skipped, 3)
	for k, i := range []int{0, 3, 5} {
		assert.Equal(t, i, s.Skipped[k].Index)
		assert.Equal(t, fmt.Sprintf("file%d", i), s.Skipped[k].Source)
		assert.ErrorIs(t, s.Skipped[k].Err, errBroken)
	}
	assert.Equal(t, []string{"file1", "file2", "file4"}, []string{s.Source(0), s.Source(1), s.Source(2)})
	assert.Equal(t, "fake: 3 images of 2×1×1, 0.0 MB, 3 skipped", s.String())

	same, err := NewSet("other name", 2, 1, 1, []byte{1, 0xff, 2, 0xff, 4, 0xff})
	require.NoError(t, err)
	assert.Equal(t, same.Fingerprint, s.Fingerprint, "the fingerprint is of what was read")
}

func TestLoadStrict(t *testing.T) {
	for range 20 { // whatever the timing
		src := &fake{n: 500, broken: map[int]bool{40: true, 41: true, 43: true}}
		s, err := Load(t.Context(), src, LoadOptions{Strict: true, Workers: 8})
		assert.Nil(t, s)
		require.ErrorIs(t, err, errBroken)
		assert.EqualError(t, err, "datasets: load fake: file40: broken")
		assert.Less(t, src.reads.Load(), int64(100), "stops soon")
	}
}

func TestLoadErrors(t *testing.T) {
	_, err := Load(t.Context(), &fake{}, LoadOptions{})
	assert.ErrorIs(t, err, ErrNoImages)

	_, err = Load(t.Context(), &fake{n: 2, broken: map[int]bool{0: true, 1: true}}, LoadOptions{})
	assert.ErrorIs(t, err, ErrNoImages)
	assert.ErrorContains(t, err, "none of 2 can be read; the first: file0: broken")

	src := &fake{n: 1 << 40}
	_, err = Load(t.Context(), src, LoadOptions{})
	assert.ErrorContains(t, err, "take 2199023255552 bytes: the limit is 8589934592")
	src.n = 1 << 62
	_, err = Load(t.Context(), src, LoadOptions{})
	assert.ErrorContains(t, err, "a product that fits")
	src.n = 6
	_, err = Load(t.Context(), src, LoadOptions{MaxBytes: 11})
	assert.EqualError(t, err, "datasets: load fake: 6 images of 2×1×1 take 12 bytes: the limit is 11")
	assert.Zero(t, src.reads.Load())
	_, err = Load(t.Context(), src, LoadOptions{MaxBytes: 12})
	assert.NoError(t, err)
}

func TestLoadCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	src := &fake{n: 1000, onRead: func(i int) {
		if i == 10 {
			cancel()
		}
	}}
	s, err := Load(ctx, src, LoadOptions{Workers: 4})
	assert.Nil(t, s)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Less(t, src.reads.Load(), int64(100))
}

func TestLoadOfASetIsTheSet(t *testing.T) {
	s, err := NewSet("one", 1, 1, 3, []byte{1, 2, 3})
	require.NoError(t, err)
	again, err := Load(t.Context(), s, LoadOptions{})
	require.NoError(t, err)
	assert.Same(t, s, again)
	assert.Equal(t, "one: a single image, which every batch repeats, of 1×1×3, 0.0 MB", s.String())
}

func TestSetFingerprint(t *testing.T) {
	base, err := NewSet("a", 2, 3, 1, ramp(12))
	require.NoError(t, err)
	// Computed apart, with Python: sha256(struct.pack('<4Q', 2, 2, 3, 1) + bytes(range(12))).
	assert.Equal(t, "e6bfd67231c884ffcb043cfc7352bff17f9bcf5c2bb73603fe585d01844029d6", base.Fingerprint)
	for _, c := range []struct {
		h, w, ch int
		pix      []byte
	}{{3, 2, 1, ramp(12)}, {1, 3, 2, ramp(12)}, {2, 3, 1, ramp(6)}, {2, 3, 1, make([]byte, 12)}} {
		other, err := NewSet("a", c.h, c.w, c.ch, c.pix)
		require.NoError(t, err)
		assert.NotEqual(t, base.Fingerprint, other.Fingerprint)
	}
}

func TestNewSetRefuses(t *testing.T) {
	for _, c := range []struct {
		h, w, c, n int
		want       string
	}{
		{0, 1, 1, 4, "images of 0×1×1"},
		{1, -1, 1, 4, "images of 1×-1×1"},
		{2, 2, 3, 0, "no images"},
		{2, 2, 3, 13, "13 bytes are no whole number of images of 2×2×3"},
		{1 << 40, 1 << 40, 1, 13, "no whole number"},
	} {
		_, err := NewSet("s", c.h, c.w, c.c, make([]byte, c.n))
		assert.ErrorContains(t, err, c.want)
	}
}
