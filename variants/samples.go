package variants

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
)

// Samples is a data set on a device, ready to be drawn from.
type Samples interface {
	// Len returns the number of samples, at least 1.
	Len() int
	// Shape returns the shape of one.
	Shape() device.Shape
	// Gather fills dst, of shape (N, Shape), with a batch. If flip is not nil, images are mirrored
	// where the lowest bit of its element is set.
	Gather(dst *device.Tensor, order device.Permutation, start int, flip *device.Random) error
	// Fingerprint names the content.
	Fingerprint() string
}

// images is a set of uint8 images that lies on the device and is scaled as it is drawn.
type images struct {
	set    *datasets.Set
	pix    *device.Bytes
	lo, hi float64
}

// Images puts a set on dev. Bytes 0 to 255 become numbers lo to hi: −1 and 1 for a generator that
// ends in tanh.
func Images(dev device.Device, set *datasets.Set, lo, hi float64) (Samples, error) {
	pix, err := dev.NewBytes(set.Pix)
	if err != nil {
		return nil, fmt.Errorf("variants: data set %s: %w", set.Name(), err)
	}
	return &images{set, pix, lo, hi}, nil
}

func (s *images) Len() int            { return s.set.N }
func (s *images) Shape() device.Shape { return device.Shape{s.set.H, s.set.W, s.set.C} }
func (s *images) Fingerprint() string { return s.set.Fingerprint }

func (s *images) Gather(dst *device.Tensor, order device.Permutation, start int, flip *device.Random) error {
	return kernels.GatherImages(dst, s.pix, order, start, s.lo, s.hi, flip)
}

// rows is a set of vectors.
type rows struct {
	data        *device.Tensor
	fingerprint string
}

// Points puts vectors of the given length on dev: a toy set's points in the plane.
func Points(dev device.Device, data []float32, length int) (Samples, error) {
	if length < 1 || len(data) == 0 || len(data)%length != 0 {
		return nil, fmt.Errorf("variants: points: %d numbers: want a positive multiple of %d", len(data), length)
	}
	t, err := dev.New(device.Shape{len(data) / length, length})
	if err != nil {
		return nil, fmt.Errorf("variants: points: %w", err)
	}
	hash := sha256.New()
	buf := binary.LittleEndian.AppendUint64(nil, uint64(length))
	for _, v := range data {
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
	}
	hash.Write(buf)
	set := &rows{t, hex.EncodeToString(hash.Sum(nil))}
	if errors.Is(t.Err(), device.ErrMeta) {
		return set, nil // a plan needs no values
	}
	return set, t.CopyFrom(data)
}

func (s *rows) Len() int            { return s.data.Shape()[0] }
func (s *rows) Shape() device.Shape { return s.data.Shape().Sample() }
func (s *rows) Fingerprint() string { return s.fingerprint }

func (s *rows) Gather(dst *device.Tensor, order device.Permutation, start int, _ *device.Random) error {
	return kernels.GatherRows(dst, s.data, order, start)
}
