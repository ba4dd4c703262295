package device_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

func TestShape(t *testing.T) {
	for _, test := range []struct {
		shape                   device.Shape
		rank, length, row, last int
		text                    string
	}{
		{device.Shape{}, 0, 0, 0, 0, "()"},
		{device.Shape{1}, 1, 1, 1, 1, "(1)"},
		{device.Shape{7}, 1, 7, 1, 7, "(7)"},
		{device.Shape{4, 3}, 2, 12, 3, 3, "(4,3)"},
		{device.Shape{2, 5, 4, 3}, 4, 120, 60, 3, "(2,5,4,3)"},
	} {
		assert.Equal(t, test.rank, test.shape.Rank(), test.text)
		assert.Equal(t, test.length, test.shape.Len(), test.text)
		assert.Equal(t, test.row, test.shape.RowLen(), test.text)
		assert.Equal(t, test.last, test.shape.Last(), test.text)
		assert.Equal(t, test.text, test.shape.String())
		assert.Equal(t, test.rank > 0, test.shape.Valid(), test.text)
	}
	assert.Equal(t, device.Shape{8, 5, 4, 3}, device.Shape{5, 4, 3}.Batch(8))
	assert.Equal(t, device.Shape{8, 5}, device.Shape{5}.Batch(8))
	assert.Equal(t, device.Shape{5, 4, 3}, device.Shape{8, 5, 4, 3}.Sample())
	assert.Equal(t, device.Shape{}, device.Shape{8}.Sample())
	assert.Panics(t, func() { device.Shape{1, 2, 3, 4}.Batch(5) })
	for _, s := range []device.Shape{{0, 1}, {-1}, {3, -2}, {3, 0, 2}, {3, 2, 0, -1}, {1 << 40, 2}, {1 << 20, 1 << 20, 1 << 20, 1 << 20}} {
		assert.False(t, s.Valid(), "%v", [4]int(s))
	}
}

func TestTensor(t *testing.T) {
	for _, dev := range []*device.CPU{device.NewCPU(1), device.NewCPU64(1)} {
		x, err := dev.New(device.Shape{2, 3})
		require.NoError(t, err)
		assert.NoError(t, x.Err())
		assert.Equal(t, device.Device(dev), x.Device())
		assert.Equal(t, 6, x.Len())
		got, err := x.Float32s()
		require.NoError(t, err)
		assert.Equal(t, make([]float32, 6), got, "new tensors are zero")

		want := []float32{1, 2, 3, 4, 5, 6}
		require.NoError(t, x.CopyFrom(want))
		got, err = x.Float32s()
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, dev.Float64(), device.Data[float64](x) != nil)
		assert.Equal(t, dev.Float64(), device.Data[float32](x) == nil)

		part, err := x.Slice(2, device.Shape{3}).Float32s()
		require.NoError(t, err)
		assert.Equal(t, []float32{3, 4, 5}, part)
		assert.Panics(t, func() { x.Slice(4, device.Shape{3}) })
		assert.Panics(t, func() { x.Slice(-1, device.Shape{3}) })

		assert.EqualError(t, x.CopyFrom(want[:5]), "device: copy from tensor (2,3): have 5 numbers, want 6")
		assert.EqualError(t, x.CopyTo(make([]float32, 7)), "device: copy to tensor (2,3): have 7 numbers, want 6")

		_, err = dev.New(device.Shape{3, -1})
		assert.ErrorAs(t, err, new(*device.ShapeError))
	}
}

func TestOpen(t *testing.T) {
	gpus, _ := device.CUDADriver().Devices()
	for _, o := range []device.Options{{Name: "cpu", Threads: 3}, {Name: "auto", Threads: 3}, {Name: "auto", Threads: 3, Engine: "reference"}} {
		dev, err := device.Open(o)
		require.NoError(t, err)
		if cpu, ok := dev.(*device.CPU); ok {
			assert.Equal(t, 3, cpu.Pool().Threads())
			assert.Equal(t, o.Name == "auto", cpu.NoGPU() != nil)
		} else {
			assert.NotEmpty(t, gpus)
			assert.Equal(t, device.Options{Name: "auto", Threads: 3}, o)
		}
		require.NoError(t, dev.Sync())
		require.NoError(t, dev.Close())
	}
	name := fmt.Sprintf("cuda:%d", len(gpus))
	_, err := device.Open(device.Options{Name: name})
	assert.ErrorIs(t, err, device.ErrNoCUDA)
	assert.ErrorContains(t, err, name)
	for _, name := range []string{"gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "ptxsim:0"} {
		_, err = device.Open(device.Options{Name: name})
		assert.EqualError(t, err, fmt.Sprintf("device: open %q: want auto, cpu, cuda, cuda:N or ptxsim", name))
	}
	assert.Positive(t, device.NewCPU(0).Pool().Threads())
	engine, err := device.DefaultEngine() // the environment may choose one
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("cpu (%v engine, 2 threads)", engine), device.NewCPU(2).String())
	assert.Equal(t, "cpu (reference engine, float64, 1 thread)", device.NewCPU64(1).String())
	assert.Equal(t, "meta", device.NewMeta().String())
}

func TestBytes(t *testing.T) {
	for _, dev := range []device.Device{device.NewCPU(1), device.NewMeta()} {
		b, err := dev.NewBytes([]byte{1, 2, 3})
		require.NoError(t, err)
		assert.Equal(t, dev, b.Device())
		assert.Equal(t, 3, b.Len())
		assert.Equal(t, []byte{1, 2, 3}, b.Host())
	}
}

func TestCounter(t *testing.T) {
	var none *device.Counter
	none.Add("gemm", 1) // counts nothing, and must not panic
	none.Enter("critic", "0")
	var c device.Counter
	assert.Zero(t, c.Calls("gemm"))
	c.Add("gemm", 10)
	c.Add("gemm", 5)
	c.Add("fill", 1)
	assert.Equal(t, 2, c.Calls("gemm"))
	assert.EqualValues(t, 15, c.Flops("gemm"))
	assert.EqualValues(t, 16, c.Flops(""))
	c.Enter("critic", "2")
	c.Add("gemm", 7)
	c.Enter("", "")
	c.Add("gemm", 1)
	assert.Equal(t, []device.Count{
		{Op: "gemm", Calls: 3, Flops: 16}, {Op: "fill", Calls: 1, Flops: 1}, {Network: "critic", Layer: "2", Op: "gemm", Calls: 1, Flops: 7},
	}, c.Counts())
	assert.Equal(t, 4, c.Calls("gemm"))
	assert.EqualValues(t, 24, c.Flops(""))
	c.Reset()
	assert.Zero(t, c.Calls("fill"))
	assert.Zero(t, c.Flops(""))
	assert.Empty(t, c.Counts())
}

// Times are those between operations, and end with a pause.
func TestCounterTakesTimes(t *testing.T) {
	var c device.Counter
	c.Add("untimed", 1)
	c.SetTimed(true)
	start := time.Now()
	c.Add("long", 1)
	time.Sleep(5 * time.Millisecond)
	c.Add("short", 1)
	c.Pause()
	whole := time.Since(start)
	start = time.Now()
	c.Add("open", 1)
	c.SetTimed(false)
	open := time.Since(start)
	time.Sleep(5 * time.Millisecond)
	c.Add("untimed", 1)
	times := map[string]time.Duration{}
	for _, n := range c.Counts() {
		times[n.Op] = n.Time
	}
	assert.Zero(t, times["untimed"])
	assert.GreaterOrEqual(t, times["long"], 5*time.Millisecond)
	assert.LessOrEqual(t, times["long"]+times["short"], whole)
	assert.LessOrEqual(t, times["open"], open)
	c.SetTimed(true)
	c.Reset()
	c.Add("new", 1)
	assert.Zero(t, c.Counts()[0].Time, "the operation before was forgotten")
}
