package device

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/ptxsim"
)

func bf16Device(t *testing.T) *CUDA {
	dev, err := OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	require.NoError(t, dev.SetPrecision(BFloat16))
	return dev
}

func TestOperandsHaveCopies(t *testing.T) {
	dev := bf16Device(t)
	ws := NewWorkspace(dev)
	own, err := NewOperand(dev, Shape{3, 7})
	require.NoError(t, err)
	before := ws.New(Shape{5})
	inside := ws.NewOperand(Shape{3, 7})
	after := ws.New(Shape{5})
	require.NoError(t, inside.Err())
	assert.Equal(t, inside.Address()+4*32, inside.BFloat16(), "behind the elements, at a multiple of 64 bytes")
	assert.Equal(t, inside.Address()+4*48, after.Address(), "room for 21 elements and their copies, in steps of 16")
	assert.Zero(t, before.BFloat16())

	values := make([]float32, 21)
	for i := range values {
		values[i] = 1 + float32(i)/256 // every other one lies in the middle of two
	}
	for _, x := range []*Tensor{own, inside} {
		require.NoError(t, x.CopyFrom(values))
		copies, err := x.BFloat16s()
		require.NoError(t, err)
		for i, v := range copies {
			assert.Equal(t, 1+float32(math.RoundToEven(float64(i)/2))/128, v, i)
		}
		for _, v := range []*Tensor{x.Slice(7, Shape{2, 7}), ws.Rows(x, 1, 3), ws.View(ws.Rows(x, 1, 3), Shape{14})} {
			assert.Equal(t, x.BFloat16()+2*7, v.BFloat16())
			part, err := v.BFloat16s()
			require.NoError(t, err)
			assert.Equal(t, copies[7:], part)
		}
		require.NoError(t, x.Slice(7, Shape{7}).CopyFrom(make([]float32, 7)))
		now, err := x.BFloat16s()
		require.NoError(t, err)
		assert.Equal(t, copies[:7], now[:7])
		assert.Equal(t, make([]float32, 7), now[7:14])
		assert.Equal(t, copies[14:], now[14:])
	}
	copies, err := before.BFloat16s()
	assert.NoError(t, err)
	assert.Nil(t, copies)
}

func TestPoisonedOperands(t *testing.T) {
	ws := NewWorkspace(bf16Device(t))
	ws.SetPoison(true)
	x := ws.NewOperand(Shape{3, 7})
	copies, err := x.BFloat16s()
	require.NoError(t, err)
	for i, v := range copies {
		assert.True(t, math.IsNaN(float64(v)), i)
	}
	var seen []*Tensor
	mark := ws.Mark()
	view, taken := ws.Rows(x, 1, 2), ws.New(Shape{5})
	ws.Each(func(t *Tensor) { seen = append(seen, t) })
	assert.Equal(t, []*Tensor{x, view, taken}, seen)
	ws.Release(mark)
	seen = nil
	ws.Each(func(t *Tensor) { seen = append(seen, t) })
	assert.Equal(t, []*Tensor{x}, seen)
}

func TestOnlyBFloat16HasCopies(t *testing.T) {
	dev := bf16Device(t)
	plan := NewMetaFor(dev)
	planned, err := NewOperand(plan, Shape{3, 7})
	require.NoError(t, err)
	assert.NotZero(t, planned.BFloat16())
	assert.Equal(t, planned.BFloat16()+2*7, planned.Slice(7, Shape{7}).BFloat16())
	assert.Equal(t, 4*48, plan.Allocated())
	ws := NewWorkspace(plan)
	assert.NotZero(t, ws.NewOperand(Shape{3, 7}).BFloat16())
	assert.Equal(t, 4*48, ws.Peak())
	assert.ErrorContains(t, ws.NewOperand(Shape{3, -7}).Err(), "want one to four positive dimensions")

	require.NoError(t, dev.SetPrecision(TF32))
	for _, d := range []Device{dev, plan, NewMeta(), NewCPU(1)} {
		x, err := NewOperand(d, Shape{3, 7})
		require.NoError(t, err)
		assert.Zero(t, x.BFloat16(), d)
		assert.Equal(t, Shape{3, 7}, x.Shape())
		assert.Zero(t, NewWorkspace(d).NewOperand(Shape{3, 7}).BFloat16(), d)
		_, err = NewOperand(d, Shape{3, -7})
		assert.Error(t, err)
	}
}

func TestRoundBFloat16(t *testing.T) {
	bits := func(v uint32) float32 { return math.Float32frombits(v) }
	for _, c := range []struct {
		from uint32
		to   uint16
	}{
		{0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f818000, 0x3f82}, {0x3f807fff, 0x3f80}, // halves go to the even
		{0x80000000, 0x8000}, {0x00008001, 0x0001}, {0x7f7fffff, 0x7f80}, {0xff800000, 0xff80}, // -0, subnormal, too large, -infinity
	} {
		assert.Equal(t, []uint16{c.to}, roundBFloat16([]float32{bits(c.from)}), "%08x", c.from)
	}
	for _, nan := range []uint32{0x7f800001, 0x7fffffff, 0xffc00000} {
		got := roundBFloat16([]float32{bits(nan)})[0]
		assert.Equal(t, uint16(0x7f80), got&0x7f80)
		assert.NotZero(t, got&0x7f, "%08x is no number any more", nan)
	}
}
