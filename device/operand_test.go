package device

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/ptxsim"
)

func operandDevice(t *testing.T, p Precision) *CUDA {
	dev, err := OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	require.NoError(t, err)
	t.Cleanup(func() { dev.Close() })
	require.NoError(t, dev.SetPrecision(p))
	return dev
}

// operandsIn returns an operand of 21 elements of a device in a precision, and one of a workspace between two tensors that
// are none.
func operandsIn(t *testing.T, p Precision) (dev *CUDA, ws *Workspace, own, before, inside, after *Tensor) {
	dev = operandDevice(t, p)
	ws = NewWorkspace(dev)
	own, err := NewOperand(dev, Shape{3, 7})
	require.NoError(t, err)
	before, inside, after = ws.New(Shape{5}), ws.NewOperand(Shape{3, 7}), ws.New(Shape{5})
	require.NoError(t, inside.Err())
	return dev, ws, own, before, inside, after
}

func TestOperandsHaveCopies(t *testing.T) {
	_, ws, own, before, inside, after := operandsIn(t, BFloat16)
	assert.Equal(t, inside.Address()+4*32, inside.Rounded(BFloat16), "behind the elements, at a multiple of 64 bytes")
	assert.Equal(t, inside.Address()+4*48, after.Address(), "room for 21 elements and their copies, in steps of 16")
	assert.Zero(t, before.Rounded(BFloat16))

	values := make([]float32, 21)
	for i := range values {
		values[i] = 1 + float32(i)/256 // every other one lies in the middle of two
	}
	for _, x := range []*Tensor{own, inside} {
		require.NoError(t, x.CopyFrom(values))
		copies, err := x.Operand()
		require.NoError(t, err)
		for i, v := range copies {
			assert.Equal(t, 1+float32(math.RoundToEven(float64(i)/2))/128, v, i)
		}
		for _, v := range []*Tensor{x.Slice(7, Shape{2, 7}), ws.Rows(x, 1, 3), ws.View(ws.Rows(x, 1, 3), Shape{14})} {
			assert.Equal(t, x.Rounded(BFloat16)+2*7, v.Rounded(BFloat16))
			part, err := v.Operand()
			require.NoError(t, err)
			assert.Equal(t, copies[7:], part)
		}
		require.NoError(t, x.Slice(7, Shape{7}).CopyFrom(make([]float32, 7)))
		now, err := x.Operand()
		require.NoError(t, err)
		assert.Equal(t, copies[:7], now[:7])
		assert.Equal(t, make([]float32, 7), now[7:14])
		assert.Equal(t, copies[14:], now[14:])
	}
	copies, err := before.Operand()
	assert.NoError(t, err)
	assert.Nil(t, copies)
}

// In TF32 what stays has copies in float32, and a workspace's operands are rounded themselves.
func TestOperandsInTF32(t *testing.T) {
	dev, ws, own, before, inside, after := operandsIn(t, TF32)
	assert.Equal(t, own.Address()+4*32, own.Rounded(TF32))
	assert.Equal(t, own.Rounded(TF32)+1, own.Rounding())
	assert.Equal(t, inside.Address(), inside.Rounded(TF32))
	assert.EqualValues(t, inPlace, inside.Rounding())
	assert.Equal(t, inside.Address()+4*32, after.Address())
	assert.Zero(t, before.Rounding())

	values := make([]float32, 21)
	for i := range values {
		values[i] = -1 - float32(i)/2048 // every other one lies in the middle of two
	}
	for _, x := range []*Tensor{own, inside} {
		require.NoError(t, x.CopyFrom(values))
		read, err := x.Operand()
		require.NoError(t, err)
		for i, v := range read {
			assert.Equal(t, -1-float32((i+1)/2)/1024, v, i)
		}
		elements, err := x.Float32s()
		require.NoError(t, err)
		if x == own {
			assert.Equal(t, values, elements)
		} else {
			assert.Equal(t, read, elements)
		}
		view := ws.View(ws.Rows(x, 1, 3), Shape{14})
		assert.Equal(t, x.Rounded(TF32)+4*7, view.Rounded(TF32))
		assert.Equal(t, x == inside, view.Rounding() == inPlace)
		part, err := view.Operand()
		require.NoError(t, err)
		assert.Equal(t, read[7:], part)
	}

	plan := NewMetaFor(dev)
	planned, err := NewOperand(plan, Shape{3, 7})
	require.NoError(t, err)
	assert.Equal(t, 4*64, plan.Allocated())
	assert.EqualValues(t, 1, planned.Rounding()&1)
	ws = NewWorkspace(plan)
	assert.EqualValues(t, inPlace, ws.NewOperand(Shape{3, 7}).Rounding())
	assert.Equal(t, 4*32, ws.Peak())
}

func TestPoisonedOperands(t *testing.T) {
	ws := NewWorkspace(operandDevice(t, BFloat16))
	ws.SetPoison(true)
	x := ws.NewOperand(Shape{3, 7})
	copies, err := x.Operand()
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

func TestOperandsHaveOnePrecision(t *testing.T) {
	dev := operandDevice(t, BFloat16)
	plan := NewMetaFor(dev)
	planned, err := NewOperand(plan, Shape{3, 7})
	require.NoError(t, err)
	assert.NotZero(t, planned.Rounded(BFloat16))
	assert.Equal(t, planned.Rounded(BFloat16)+2*7, planned.Slice(7, Shape{7}).Rounded(BFloat16))
	assert.Equal(t, 4*48, plan.Allocated())
	ws := NewWorkspace(plan)
	assert.NotZero(t, ws.NewOperand(Shape{3, 7}).Rounded(BFloat16))
	assert.Equal(t, 4*48, ws.Peak())
	assert.ErrorContains(t, ws.NewOperand(Shape{3, -7}).Err(), "want one to four positive dimensions")

	require.NoError(t, dev.SetPrecision(TF32))
	for _, d := range []Device{dev, plan, NewMeta(), NewCPU(1)} {
		x, err := NewOperand(d, Shape{3, 7})
		require.NoError(t, err)
		assert.Zero(t, x.Rounded(BFloat16), d)
		assert.Equal(t, Shape{3, 7}, x.Shape())
		assert.Zero(t, NewWorkspace(d).NewOperand(Shape{3, 7}).Rounded(BFloat16), d)
		_, err = NewOperand(d, Shape{3, -7})
		assert.Error(t, err)
	}
}

func TestRoundTF32(t *testing.T) {
	for from, to := range map[uint32]uint32{
		0x3f801000: 0x3f802000, 0x3f800fff: 0x3f800000, 0xbf801000: 0xbf802000, // halves go to the larger magnitude
		0x80000000: 0x80000000, 0x00001000: 0x00002000, 0x7f7fffff: 0x7f800000, 0xff800000: 0xff800000,
		0x7f800001: 0x7f800001, 0x7fffffff: 0x7fffffff, 0xffffffff: 0xffffffff, // NaN
	} {
		assert.Equal(t, to, math.Float32bits(roundTF32([]float32{math.Float32frombits(from)})[0]), "%08x", from)
	}
}
