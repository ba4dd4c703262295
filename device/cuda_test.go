package device_test

import (
	"errors"
	"math"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// axpy adds a·x to y, where a is a live argument.
var axpy = &device.Program{Name: "axpy", Images: func() []device.Image {
	return []device.Image{{Major: 7, Minor: 5, PTX: `
.version 7.0
.target sm_75
.address_size 64
.visible .entry axpy(.param .u64 y, .param .u64 x, .param .u64 live, .param .u32 n)
.maxntid 32, 1, 1
{
	.reg .pred %p;
	.reg .b32 %r<6>;
	.reg .f32 %f<5>;
	.reg .b64 %d<8>;
	mov.u32 %r1, %tid.x;
	mov.u32 %r2, %ctaid.x;
	shl.b32 %r2, %r2, 5;
	add.s32 %r1, %r1, %r2;
	ld.param.u32 %r3, [n];
	setp.ge.s32 %p, %r1, %r3;
	@%p bra DONE;
	ld.param.u64 %d1, [y];
	ld.param.u64 %d2, [x];
	ld.param.u64 %d3, [live];
	cvta.to.global.u64 %d1, %d1;
	cvta.to.global.u64 %d2, %d2;
	cvta.to.global.u64 %d3, %d3;
	mul.wide.s32 %d4, %r1, 4;
	add.s64 %d1, %d1, %d4;
	add.s64 %d2, %d2, %d4;
	ld.global.f32 %f1, [%d3];
	ld.global.f32 %f2, [%d2];
	ld.global.f32 %f3, [%d1];
	fma.rn.f32 %f4, %f1, %f2, %f3;
	st.global.f32 [%d1], %f4;
DONE:
	ret;
}
`}}
}}

// addScaled queues y += a·x.
func addScaled(d *device.CUDA, y, x *device.Tensor, a float32) error {
	live, err := d.Live(uint64(math.Float32bits(a)))
	if err != nil {
		return err
	}
	n := y.Len()
	return d.Launch(axpy, "axpy", [3]int{(n + 31) / 32, 1, 1}, [3]int{32, 1, 1}, 0, y.Address(), x.Address(), live, uint64(n))
}

// filled returns a tensor of n numbers v.
func filled(t *testing.T, d device.Device, n int, v float32) *device.Tensor {
	t.Helper()
	x, err := d.New(device.Shape{n})
	require.NoError(t, err)
	values := make([]float32, n)
	for i := range values {
		values[i] = v
	}
	require.NoError(t, x.CopyFrom(values))
	return x
}

// ends returns a tensor's first and last number.
func ends(t *testing.T, x *device.Tensor) [2]float32 {
	t.Helper()
	values, err := x.Float32s()
	require.NoError(t, err)
	return [2]float32{values[0], values[len(values)-1]}
}

func TestCUDATensors(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, d *device.CUDA) {
		x, err := d.New(device.Shape{3, 5})
		require.NoError(t, err)
		values, err := x.Float32s()
		require.NoError(t, err)
		assert.Equal(t, make([]float32, 15), values, "new tensors are zero")
		for i := range values {
			values[i] = float32(i)
		}
		require.NoError(t, x.CopyFrom(values))
		row, err := x.Slice(5, device.Shape{5}).Float32s()
		require.NoError(t, err)
		assert.Equal(t, []float32{5, 6, 7, 8, 9}, row)
		assert.Error(t, x.CopyFrom(values[:3]))
		assert.Nil(t, device.Data[float32](x))

		y := filled(t, d, 15, 100)
		require.NoError(t, addScaled(d, y, x, 2))
		assert.Equal(t, [2]float32{100, 128}, ends(t, y))

		b, err := d.NewBytes([]byte{1, 2, 3})
		require.NoError(t, err)
		assert.Equal(t, 3, b.Len())
		assert.NotZero(t, b.Address())

		ws := device.NewWorkspace(d)
		ws.SetPoison(true)
		poisoned, err := ws.New(device.Shape{2}).Float32s()
		require.NoError(t, err)
		assert.True(t, math.IsNaN(float64(poisoned[1])))
	})
}

// TestRepeatIsExact does a work in all the ways in which it can differ from its record: results are those
// of single launches.
func TestRepeatIsExact(t *testing.T) {
	failure := errors.New("no more")
	works := map[string]func(d *device.CUDA, y, x *device.Tensor, run int) error{
		"equal": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			return errors.Join(addScaled(d, y, x, float32(run)), addScaled(d, y, x, 0.5))
		},
		"longer": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			for range 1 + run {
				if err := addScaled(d, y, x, float32(run)); err != nil {
					return err
				}
			}
			return nil
		},
		"shorter": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			for range 9 - run {
				if err := addScaled(d, y, x, float32(run)); err != nil {
					return err
				}
			}
			return nil
		},
		"other": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			if run%3 == 2 {
				y, x = x, y
			}
			return errors.Join(addScaled(d, y, x, 0.5), addScaled(d, y, x, float32(run)))
		},
		"copying": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			if err := addScaled(d, y, x, float32(run)); err != nil {
				return err
			}
			values, err := y.Float32s()
			if err != nil {
				return err
			}
			return addScaled(d, y, x, values[0])
		},
		"failing": func(d *device.CUDA, y, x *device.Tensor, run int) error {
			if err := addScaled(d, y, x, float32(run)); err != nil || run == 2 {
				return errors.Join(err, failure)
			}
			return addScaled(d, y, x, 1)
		},
	}
	enginetest.EachGPU(t, func(t *testing.T, d *device.CUDA) {
		for name, work := range works {
			t.Run(name, func(t *testing.T) {
				var results [2][]float32
				for i := range results {
					d.SetGraphs(i == 0)
					x, y := filled(t, d, 77, 0.25), filled(t, d, 77, 3)
					for run := range 8 {
						err := device.Repeat(d, device.Work{Owner: name}, func() error { return work(d, y, x, run) })
						if name == "failing" && run == 2 {
							assert.ErrorIs(t, err, failure)
						} else {
							require.NoError(t, err)
						}
					}
					a, b := ends(t, x), ends(t, y)
					results[i] = append(a[:], b[:]...)
				}
				assert.Equal(t, results[1], results[0])
			})
		}
	})
}

// TestRepeatForgets does more works than are kept.
func TestRepeatForgets(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, d *device.CUDA) {
		x, y := filled(t, d, 40, 1), filled(t, d, 40, 0)
		const works, runs = 40, 3
		for range runs {
			for kind := range works {
				require.NoError(t, d.Repeat(device.Work{Owner: t, Kind: uint64(kind)}, func() error { return addScaled(d, y, x, float32(kind)) }))
			}
		}
		sum := float32(runs * works * (works - 1) / 2)
		assert.Equal(t, [2]float32{sum, sum}, ends(t, y))
	})
}

func TestCUDAMemory(t *testing.T) {
	d, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{Memory: 64 << 20}), 0)
	require.NoError(t, err)
	defer d.Close()
	free, total, err := d.Memory()
	require.NoError(t, err)
	assert.Equal(t, uint64(64<<20), total)
	assert.Equal(t, total, free)

	_, err = d.New(device.Shape{32 << 20})
	assert.ErrorIs(t, err, device.ErrOutOfMemory)
	assert.ErrorContains(t, err, "asked for 128 MiB, free are 64 of 64 MiB")

	for range 20 { // of which only three have room at a time
		_, err := d.New(device.Shape{4 << 20})
		require.NoError(t, err, "memory that nobody holds is found again")
	}
	kept, err := d.New(device.Shape{4 << 20})
	require.NoError(t, err)
	view := kept.Slice(1, device.Shape{1})
	kept = nil
	runtime.GC()
	runtime.GC()
	_, err = d.New(device.Shape{8 << 20})
	require.NoError(t, err)
	assert.Equal(t, [2]float32{0, 0}, ends(t, view), "a view holds its tensor's memory")
}

func TestCUDAErrors(t *testing.T) {
	d, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	require.NoError(t, err)
	defer d.Close()
	broken := &device.Program{Name: "broken", Images: func() []device.Image { return []device.Image{{Major: 7, Minor: 5, PTX: "nothing"}} }}
	err = d.Launch(broken, "f", [3]int{1, 1, 1}, [3]int{32, 1, 1}, 0)
	assert.ErrorIs(t, err, driver.ErrBadImage)
	assert.ErrorContains(t, err, "kernel f of broken")
	late := &device.Program{Name: "late", Images: func() []device.Image { return []device.Image{{Major: 12}} }}
	assert.ErrorContains(t, d.Launch(late, "f", [3]int{1, 1, 1}, [3]int{32, 1, 1}, 0), "no image for compute capability 8.0")
	exact := &device.Program{Name: "exact", Images: func() []device.Image { return []device.Image{{Major: 7, Minor: 5, Exactly: true}} }}
	assert.ErrorContains(t, d.Launch(exact, "f", [3]int{1, 1, 1}, [3]int{32, 1, 1}, 0), "no image for compute capability 8.0")
	assert.ErrorContains(t, d.Launch(axpy, "nobody", [3]int{1, 1, 1}, [3]int{32, 1, 1}, 0), "nobody")

	// A kernel that writes where nothing is loses the device.
	err = d.Launch(axpy, "axpy", [3]int{1, 1, 1}, [3]int{32, 1, 1}, 0, 64, 64, 64, 32)
	if err == nil {
		err = d.Sync()
	}
	assert.ErrorIs(t, err, driver.ErrLost)
	assert.ErrorIs(t, d.Sync(), driver.ErrLost)

	_, err = device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 3)
	assert.ErrorIs(t, err, device.ErrNoCUDA)
}

func TestProfile(t *testing.T) {
	enginetest.EachGPU(t, func(t *testing.T, d *device.CUDA) {
		x, y := filled(t, d, 100, 1), filled(t, d, 100, 0)
		times, err := d.Profile(func() error {
			for range 3 {
				if err := addScaled(d, y, x, 1); err != nil {
					return err
				}
			}
			return nil
		})
		require.NoError(t, err)
		require.Len(t, times, 1)
		assert.Equal(t, "axpy", times[0].Kernel)
		assert.Equal(t, 3, times[0].Calls)
		assert.Positive(t, times[0].Time)
		assert.Equal(t, [2]float32{3, 3}, ends(t, y))
	})
}

// TestClosedDeviceIsCollected has nothing hold a device that was closed, or its tensors.
func TestClosedDeviceIsCollected(t *testing.T) {
	open := func() weak.Pointer[device.CUDA] {
		dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
		require.NoError(t, err)
		_, err = dev.New(device.Shape{4})
		require.NoError(t, err)
		_, err = dev.Scratch(1)
		require.NoError(t, err)
		_, err = dev.Tickets(1)
		require.NoError(t, err)
		_, err = dev.Live(1)
		require.NoError(t, err)
		require.NoError(t, dev.Repeat(device.Work{Owner: dev}, func() error { return nil }))
		require.NoError(t, dev.Close())
		return weak.Make(dev)
	}
	dev := open()
	for range 100 {
		if runtime.GC(); dev.Value() == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the device is still there")
}
