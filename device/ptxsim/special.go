package ptxsim

import "strings"

// specialValue gives a special register for a thread of a warp.
type specialValue func(w *warp, lane int) uint64

// axis is a special register with .x, .y and .z.
func axis(of func(w *warp, lane int) [3]int) func(i int) specialValue {
	return func(i int) specialValue {
		return func(w *warp, lane int) uint64 { return uint64(of(w, lane)[i]) }
	}
}

var axes = map[string]func(i int) specialValue{
	"%tid":    axis(func(w *warp, lane int) [3]int { return w.thread(lane) }),
	"%ntid":   axis(func(w *warp, _ int) [3]int { return w.block.launch.block }),
	"%ctaid":  axis(func(w *warp, _ int) [3]int { return w.block.index }),
	"%nctaid": axis(func(w *warp, _ int) [3]int { return w.block.launch.grid }),
}

var specials = map[string]struct {
	bits  int
	value specialValue
}{
	"%laneid":            {32, func(_ *warp, lane int) uint64 { return uint64(lane) }},
	"%warpid":            {32, func(w *warp, _ int) uint64 { return uint64(w.id) }},
	"%nwarpid":           {32, func(w *warp, _ int) uint64 { return maxBlockThreads / warpSize }},
	"%smid":              {32, func(w *warp, _ int) uint64 { return uint64(w.block.order % multiprocessors) }},
	"%nsmid":             {32, func(*warp, int) uint64 { return multiprocessors }},
	"%gridid":            {64, func(*warp, int) uint64 { return 0 }},
	"%lanemask_eq":       {32, func(_ *warp, lane int) uint64 { return 1 << lane }},
	"%lanemask_lt":       {32, func(_ *warp, lane int) uint64 { return 1<<lane - 1 }},
	"%lanemask_le":       {32, func(_ *warp, lane int) uint64 { return 2<<lane - 1 }},
	"%lanemask_gt":       {32, func(_ *warp, lane int) uint64 { return uint64(^uint32(2<<lane - 1)) }},
	"%lanemask_ge":       {32, func(_ *warp, lane int) uint64 { return uint64(^uint32(1<<lane - 1)) }},
	"%dynamic_smem_size": {32, func(w *warp, _ int) uint64 { return uint64(w.block.launch.shared) }},
	"%total_smem_size":   {32, func(w *warp, _ int) uint64 { return uint64(len(w.block.shared)) }},
}

// clocks are the special registers that change while a kernel runs; mov reads them.
var clocks = map[string]int{"%clock": 32, "%clock_hi": 32, "%clock64": 64, "%globaltimer": 64, "%globaltimer_lo": 32, "%globaltimer_hi": 32}

// special resolves a special register to a pinned register.
func (d *decoder) special(name string) (id int32, bits int, ok bool) {
	bits, value := 32, specialValue(nil)
	base, suffix, dotted := strings.Cut(name, ".")
	switch of := axes[base]; {
	case dotted && of != nil && len(suffix) == 1 && strings.Contains("xyz", suffix):
		value = of(int(suffix[0] - 'x'))
	case !dotted:
		s := specials[name]
		bits, value = s.bits, s.value
	}
	if value == nil {
		return 0, 0, false
	}
	id, known := d.specials[name]
	if !known {
		id = d.newVirtual(bits)
		d.virtual[id].special = value
		d.virtual[id].perBlock = base == "%ctaid" || base == "%smid"
		d.specials[name] = id
	}
	return id, bits, true
}
