package device

import (
	"errors"
	"fmt"
)

// Precision is what the operands of products and convolutions are rounded to on a GPU. Their sums, and all
// other operations, are in float32.
type Precision int

const (
	Float32  Precision = iota
	TF32               // eleven bits of 24, on tensor cores; what PyTorch does to convolutions unless told not to
	BFloat16           // eight bits, on tensor cores
)

var precisionNames = [...]string{"float32", "tf32", "bf16"}

func (p Precision) String() string {
	if p < 0 || int(p) >= len(precisionNames) {
		return fmt.Sprintf("Precision(%d)", int(p))
	}
	return precisionNames[p]
}

// ParsePrecision is the inverse of String. "" is Float32.
func ParsePrecision(name string) (Precision, error) {
	for i, n := range precisionNames {
		if name == n || name == "" {
			return Precision(i), nil
		}
	}
	return 0, fmt.Errorf("device: precision %q: want float32, tf32 or bf16", name)
}

// ErrPrecision says that a device has no such precision.
var ErrPrecision = errors.New("precision that the device does not have")

// tensorCard is ten times the compute capability from which on tensor cores take TF32 and bfloat16: Ampere's.
const tensorCard = 80

// SetPrecision has products and convolutions computed in a precision from now on. The error is
// [ErrPrecision] if the GPU has no tensor cores for it; the precision stays what it was then.
func (d *CUDA) SetPrecision(p Precision) error {
	g := d.ctx.Properties()
	switch {
	case p < Float32 || p > BFloat16:
		return fmt.Errorf("device: %w: %v", ErrPrecision, p)
	case p != Float32 && 10*g.Major+g.Minor < tensorCard:
		return fmt.Errorf("device: %w: %v on %s, of compute capability %d.%d, want 8.0 or later", ErrPrecision, p, g.Name, g.Major, g.Minor)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.precision = p
	return nil
}

// Precision returns what SetPrecision has set: Float32 to begin with.
func (d *CUDA) Precision() Precision {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.precision
}

// setPrecision is SetPrecision of any device: what is no GPU has Float32 only.
func setPrecision(dev Device, name string) error {
	p, err := ParsePrecision(name)
	if err != nil {
		return err
	}
	if gpu, ok := dev.(*CUDA); ok {
		return gpu.SetPrecision(p)
	}
	if p != Float32 {
		return fmt.Errorf("device: %w: %v on %v, want a GPU", ErrPrecision, p, dev)
	}
	return nil
}
