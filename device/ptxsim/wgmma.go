package ptxsim

import (
	"encoding/binary"
	"strconv"
	"strings"

	"ganlib/device/driver"
)

func init() { instructions["wgmma"] = (*decoder).wgmma }

// wgmmaForm is a type of operands of wgmma.
type wgmmaForm struct {
	depth, bytes uint32 // k of an instruction; of a number
	value        func(v uint32) float64
}

var wgmmaForms = map[string]*wgmmaForm{
	"bf16": {16, 2, bf16Value},
	"tf32": {8, 4, tf32Value},
}

// A warpgroup is four warps, each of which has 16 of the 64 rows of a result.
const (
	groupWarps = 4
	groupRows  = 16 * groupWarps
)

// wgmma is a decoded wgmma.mma_async. in.v has the registers of d and then those of a, if a is not in shared memory;
// in.a and in.b are descriptors, in.c is scale-d.
type wgmma struct {
	*wgmmaForm
	columns    int
	fromShared bool // a
	a, b       float64
	mnA, mnB   bool    // major
	registers  []int32 // watched ones: of d and a
}

// wgmma decodes wgmma.fence, commit_group, wait_group and mma_async.
func (d *decoder) wgmma() {
	in := d.in
	d.needsHopper("wgmma")
	what := d.oneOf("fence", "commit_group", "wait_group", "mma_async")
	if !d.has("sync") || !d.has("aligned") || what == "" {
		d.fail("this form of wgmma is not supported")
		return
	}
	if d.kernel.wgmma == nil {
		d.kernel.wgmma = &watchedRegisters{index: map[int32]int32{}}
	}
	in.control, in.aligned = converge, true
	switch what {
	case "fence":
		d.operands(0, 0)
		in.run = fenceRegisters
	case "commit_group":
		d.operands(0, 0)
		in.run = commitWgmma
	case "wait_group":
		if d.operands(1, 1) {
			in.offset = int64(d.immediate(0, 7))
		}
		in.run = waitWgmma
	case "mma_async":
		d.multiplyAsync()
	}
}

// needsHopper refuses what only compute capability 9.0 has.
func (d *decoder) needsHopper(what string) {
	if target, _, _ := strings.Cut(d.module.source.target, ","); target != "sm_90a" {
		d.fail("%s needs .target sm_90a", what)
	}
}

// multiplyAsync decodes mma_async.m64nNkK.f32.type.type d, a, b, scale-d, scale-a, scale-b and, where they are
// matrices of bfloat16 in shared memory, whether a and b are MN-major. Those of TF32 are K-major.
func (d *decoder) multiplyAsync() {
	in := d.in
	b, a, result := d.dataType(), d.dataType(), d.dataType()
	form := wgmmaForms[a.name]
	if form == nil || a != b || result.name != "f32" || len(d.modifiers) != 1 {
		d.fail("this form of wgmma.mma_async is not supported")
		return
	}
	shape := d.modifiers[0]
	d.modifiers = nil
	columns, depth, _ := strings.Cut(strings.TrimPrefix(shape, "m64n"), "k")
	n, err := strconv.Atoi(columns)
	if err != nil || n < 8 || n > 256 || n%8 != 0 || depth != strconv.Itoa(int(form.depth)) || !strings.HasPrefix(shape, "m64n") {
		d.fail("wgmma.mma_async of shape %s", shape)
		return
	}
	p := &wgmma{wgmmaForm: form, columns: n, fromShared: d.operand(1).kind != vectorOperand}
	transposable := 0
	if form.bytes == 2 {
		transposable = 1
		if p.fromShared {
			transposable = 2
		}
	}
	if transposable == 0 && d.count() > 6 {
		d.fail("wgmma.mma_async of %s transposes no operand: both are K-major", a.name)
		return
	}
	if !d.operands(6+transposable, 6+transposable) {
		return
	}
	in.v = make([]int32, 0, n/2+4)
	d.vector(0, result, true, n/2)
	if p.fromShared {
		d.src(&in.a, 1, typeU64)
	} else {
		d.vector(1, typeB32, false, 4)
	}
	d.src(&in.b, 2, typeU64)
	d.src(&in.c, 3, typePred)
	p.a, p.b = d.scale(4), d.scale(5)
	major := func(i int) bool { return d.immediate(i, 1) == 1 }
	switch transposable {
	case 1:
		p.mnB = major(6)
	case 2:
		p.mnA, p.mnB = major(6), major(7)
	}
	for _, id := range in.v {
		p.registers = append(p.registers, d.watch(id))
	}
	d.noteAccess(sharedSpace, pieceBytes)
	in.run = func(w *warp, in *inst, _ uint32) { w.multiplyAsync(in, p) }
}

// scale is an operand that is 1 or -1.
func (d *decoder) scale(i int) float64 {
	switch o := d.operand(i); {
	case o.kind == numberOperand && o.number == literal{bits: 1}:
		return 1
	case o.kind == numberOperand && o.number == literal{bits: 1}.negated():
		return -1
	}
	d.fail("operand %d is neither 1 nor -1", i+1)
	return 0
}

// multiplyAsync does a warp's part of a product: its 16 rows. The result is there at once, but nothing may touch its
// registers before it is waited for, or the operands in shared memory.
func (w *warp) multiplyAsync(in *inst, p *wgmma) {
	var bitsA uint64
	if p.fromShared {
		bitsA = w.sameInAll(in, "a's descriptor", in.a)
	}
	bitsB := w.sameInAll(in, "b's descriptor", in.b)
	add := w.predicates[in.c]
	if add != 0 && add != full {
		w.fault(driver.LaunchFailed, in, 0, "scale-d is not the same in all lanes")
	}
	w.together(in, bitsA, bitsB)
	w.beginWgmma(in, p)
	pieces := w.spareFlight()
	b := w.describe(in, bitsB, p.mnB, p.wgmmaForm)
	pieces = b.pieces(pieces, uint32(p.columns), p.depth)
	var rows [16][16]float64 // of a
	if p.fromShared {
		a := w.describe(in, bitsA, p.mnA, p.wgmmaForm)
		pieces = a.pieces(pieces, groupRows, p.depth)
		w.readAsync(in, pieces)
		first := uint32(w.id % groupWarps * 16)
		for r := range rows {
			for k := range p.depth {
				rows[r][k] = p.a * p.load(w, &a, first+uint32(r), k)
			}
		}
	} else {
		w.readAsync(in, pieces)
		p.fragments(w, in, &rows)
	}
	var columns [16][8]float64 // eight of b
	for j := range p.columns / 8 {
		for c := range uint32(8) {
			for k := range p.depth {
				columns[k][c] = p.b * p.load(w, &b, uint32(8*j)+c, k)
			}
		}
		for half := range 2 { // rows 0 to 7, then 8 to 15
			d0, d1 := reg[float32](w, in.v[4*j+2*half]), reg[float32](w, in.v[4*j+2*half+1])
			for r := range 8 {
				s := rowTimes(rows[8*half+r][:p.depth], &columns)
				for q := range 4 {
					l := 4*r + q
					x, y := s[2*q], s[2*q+1]
					if add != 0 {
						x, y = x+float64(d0[l]), y+float64(d1[l])
					}
					d0[l], d1[l] = float32(x), float32(y)
				}
			}
		}
	}
}

// load reads a number of an operand in shared memory.
func (p *wgmma) load(w *warp, d *descriptor, mn, k uint32) float64 {
	from := w.block.shared[d.number(mn, k):]
	if p.bytes == 2 {
		return p.value(uint32(binary.LittleEndian.Uint16(from)))
	}
	return p.value(binary.LittleEndian.Uint32(from))
}

// fragments reads a from registers, in the fragments of mma.
func (p *wgmma) fragments(w *warp, in *inst, rows *[16][16]float64) {
	each := 4 / int(p.bytes)
	for i, place := range in.v[p.columns/2:] {
		down, right := i&1*8, i>>1*4*each
		for l, v := range reg[uint32](w, place) {
			row, k := &rows[l>>2+down], l&3*each+right
			if each == 2 {
				row[k], row[k+1] = p.a*p.value(v&0xffff), p.a*p.value(v>>16)
			} else {
				row[k] = p.a * p.value(v)
			}
		}
	}
}

// sameInAll returns what a register holds in all lanes.
func (w *warp) sameInAll(in *inst, what string, place int32) uint64 {
	r := reg[uint64](w, place)
	for l := range r {
		if r[l] != r[0] {
			w.fault(driver.LaunchFailed, in, l, "%s is %#x, that of lane 0 %#x", what, r[l], r[0])
		}
	}
	return r[0]
}
