package device_test

import (
	"math"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

// address returns where a tensor's elements lie.
func address(t *device.Tensor) unsafe.Pointer { return unsafe.Pointer(&device.Data[float32](t)[0]) }

func TestWorkspaceRepeats(t *testing.T) {
	dev := device.NewCPU(1)
	ws := device.NewWorkspace(dev)
	assert.Equal(t, dev, ws.Device())
	// Sizes that fill slabs of all lengths, and one that is larger than any.
	shapes := []device.Shape{{3}, {7, 5}, {100, 1000}, {2, 3, 4, 5}, {1 << 20}, {5 << 20}, {1}}
	var first []*device.Tensor
	var at []unsafe.Pointer
	for _, s := range shapes {
		x := ws.New(s)
		require.NoError(t, x.Err())
		assert.Equal(t, s, x.Shape())
		assert.Len(t, device.Data[float32](x), s.Len())
		first, at = append(first, x), append(at, address(x))
	}
	view, rows := ws.View(first[1], device.Shape{35}), ws.Rows(first[3], 1, 2)
	for range 3 {
		ws.Reset()
		for i, s := range shapes {
			x := ws.New(s)
			assert.Same(t, first[i], x)
			assert.Equal(t, at[i], address(x))
		}
		assert.Same(t, view, ws.View(first[1], device.Shape{35}))
		assert.Same(t, rows, ws.Rows(first[3], 1, 2))
	}
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		ws.Reset()
		for _, s := range shapes {
			ws.New(s)
		}
	}))
}

func TestWorkspaceTensorsDoNotOverlap(t *testing.T) {
	ws := device.NewWorkspace(device.NewCPU64(1))
	var tensors []*device.Tensor
	for i := range 200 {
		x := ws.New(device.Shape{1 + i*i%997, 3})
		require.NoError(t, x.Err())
		tensors = append(tensors, x)
		for j := range device.Data[float64](x) {
			device.Data[float64](x)[j] = float64(i)
		}
	}
	for i, x := range tensors {
		for _, v := range device.Data[float64](x) {
			require.Equal(t, float64(i), v)
		}
	}
}

func TestWorkspaceMarks(t *testing.T) {
	ws := device.NewWorkspace(device.NewCPU(1))
	a := ws.New(device.Shape{20})
	mark := ws.Mark()
	b := ws.New(device.Shape{100_000})
	at := address(b)
	ws.Release(mark)
	c := ws.New(device.Shape{100_000})
	assert.Same(t, b, c)
	assert.Equal(t, at, address(c), "released memory is used again")
	assert.NotEqual(t, address(a), address(c), "memory from before the mark is not")
	assert.Equal(t, 4*(32+100_000), ws.Peak(), "each tensor takes whole cache lines")
	ws.Reset()
	ws.New(device.Shape{1})
	assert.Equal(t, 4*(32+100_000), ws.Peak(), "the largest use is kept")
}

func TestWorkspaceAlignsTensors(t *testing.T) {
	ws := device.NewWorkspace(device.NewCPU(1))
	base := uintptr(address(ws.New(device.Shape{1})))
	for range 5 {
		assert.Zero(t, (uintptr(address(ws.New(device.Shape{5})))-base)%64)
	}
}

func TestWorkspacePoison(t *testing.T) {
	narrow, wide := device.NewWorkspace(device.NewCPU(1)), device.NewWorkspace(device.NewCPU64(1))
	for _, ws := range []*device.Workspace{narrow, wide} {
		ws.SetPoison(true)
		for range 2 {
			ws.Reset()
			x, err := ws.New(device.Shape{2, 3}).Float32s()
			require.NoError(t, err)
			for _, v := range x {
				assert.True(t, math.IsNaN(float64(v)))
			}
			require.NoError(t, ws.New(device.Shape{9}).CopyFrom(make([]float32, 9)))
		}
	}
}

func TestWorkspaceErrors(t *testing.T) {
	ws := device.NewWorkspace(device.NewCPU(1))
	x := ws.New(device.Shape{4, 3})
	for name, bad := range map[string]*device.Tensor{
		"no shape":       ws.New(device.Shape{}),
		"gap":            ws.New(device.Shape{2, 0, 3}),
		"negative":       ws.New(device.Shape{2, -1}),
		"too large":      ws.New(device.Shape{1 << 20, 1 << 20, 1 << 20, 1 << 20}),
		"view":           ws.View(x, device.Shape{13}),
		"no rows":        ws.Rows(x, 2, 2),
		"rows before":    ws.Rows(x, -1, 2),
		"rows behind":    ws.Rows(x, 2, 5),
		"rows backwards": ws.Rows(x, 3, 1),
	} {
		require.Error(t, bad.Err(), name)
		assert.ErrorIs(t, bad.CopyTo(nil), bad.Err(), name)
		assert.ErrorIs(t, bad.CopyFrom(nil), bad.Err(), name)
		_, err := bad.Float32s()
		assert.ErrorIs(t, err, bad.Err(), name)
		assert.Nil(t, device.Data[float32](bad), name)
	}
	assert.ErrorAs(t, ws.View(x, device.Shape{13}).Err(), new(*device.ShapeError))
}

func TestWorkspaceViews(t *testing.T) {
	ws := device.NewWorkspace(device.NewCPU(1))
	x := ws.New(device.Shape{4, 3})
	data := device.Data[float32](x)
	for i := range data {
		data[i] = float32(i)
	}
	rows := ws.Rows(x, 1, 3)
	assert.Equal(t, device.Shape{2, 3}, rows.Shape())
	assert.Equal(t, []float32{3, 4, 5, 6, 7, 8}, device.Data[float32](rows))
	view := ws.View(rows, device.Shape{3, 2, 1})
	assert.Equal(t, device.Shape{3, 2, 1}, view.Shape())
	device.Data[float32](view)[0] = -1
	assert.Equal(t, float32(-1), data[3], "memory is shared")
}

func TestWorkspaceOnMeta(t *testing.T) {
	meta := device.NewMeta()
	ws := device.NewWorkspace(meta)
	x := ws.New(device.Shape{1 << 10, 1 << 20}) // 4 GiB
	assert.ErrorIs(t, x.Err(), device.ErrMeta)
	assert.ErrorIs(t, ws.Rows(x, 0, 2).Err(), device.ErrMeta)
	assert.Equal(t, 4<<30, ws.Peak())
	_, err := meta.New(device.Shape{10, 3})
	require.NoError(t, err)
	assert.Equal(t, 120, meta.Allocated())
	_, err = meta.New(device.Shape{})
	assert.ErrorAs(t, err, new(*device.ShapeError))
}

// A workspace that has reserved its peak takes nothing more.
func TestWorkspaceReserve(t *testing.T) {
	step := func(ws *device.Workspace) {
		ws.Reset()
		ws.New(device.Shape{70_000})
		mark := ws.Mark()
		ws.New(device.Shape{5_000_000})
		ws.Release(mark)
		ws.New(device.Shape{100_000})
		ws.New(device.Shape{4_000_000})
	}
	plan := device.NewWorkspace(device.NewMeta())
	require.NoError(t, plan.Reserve(1000))
	step(plan)
	ws := device.NewWorkspace(device.NewCPU(1))
	require.NoError(t, ws.Reserve(plan.Peak()))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	step(ws)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10_000), "headers")
	assert.Equal(t, plan.Peak(), ws.Peak())
	require.NoError(t, ws.Reserve(1<<20))
	require.NoError(t, device.NewWorkspace(device.NewCPU(1)).Reserve(0))
}
