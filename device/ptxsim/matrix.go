package ptxsim

import "encoding/binary"

func init() {
	instructions["ldmatrix"] = (*decoder).ldmatrix
	instructions["mma"] = (*decoder).mma
}

// ldmatrix decodes ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {d}, [a].
func (d *decoder) ldmatrix() {
	in := d.in
	t := d.dataType()
	well := d.has("sync") && d.has("aligned") && d.has("m8n8") && d.oneOf("shared", "shared::cta") != "" && t.name == "b16"
	count := map[string]int{"x1": 1, "x2": 2, "x4": 4}[d.oneOf("x1", "x2", "x4")]
	transposed := d.has("trans")
	if !well || count == 0 || !d.operands(2, 2) {
		d.fail("this form of ldmatrix is not supported")
		return
	}
	in.control, in.aligned = converge, true
	d.vector(0, typeB32, true, count)
	d.address(1, sharedSpace)
	in.run = func(w *warp, in *inst, _ uint32) { w.loadMatrices(in, count, transposed) }
}

// loadMatrices loads 8x8 matrices of 16 bits. Lane 8·i + r has the address of row r of matrix i; lane l
// gets two neighbours of row l/4, or of column l/4.
func (w *warp) loadMatrices(in *inst, count int, transposed bool) {
	var matrices [4][8][8]uint16
	for i := range count {
		for r := range 8 {
			l := 8*i + r
			row := w.span(in, l, sharedSpace, w.addressOf(in, l), 16, reads)
			for k := range 8 {
				matrices[i][r][k] = binary.LittleEndian.Uint16(row[2*k:])
			}
		}
	}
	for i, place := range in.v {
		d := reg[uint32](w, place)
		m := &matrices[i]
		for l := range d {
			r, k := l>>2, l&3*2
			if transposed {
				d[l] = uint32(m[k][r]) | uint32(m[k+1][r])<<16
			} else {
				d[l] = uint32(m[r][k]) | uint32(m[r][k+1])<<16
			}
		}
	}
}

// fragments are the form of an mma: 16 by 8 results, depth products in each. in.v has the registers of d,
// a, b and c.
type fragments struct {
	depth int
	a, b  int // registers
	pairs bool
	value func(v uint32) float64 // of an operand
}

// mmaForms are the forms for which there are fragments, by shape and type.
var mmaForms = map[string]fragments{
	"m16n8k4.tf32":  {4, 2, 1, false, tf32Value},
	"m16n8k8.tf32":  {8, 4, 2, false, tf32Value},
	"m16n8k8.bf16":  {8, 2, 1, true, bf16Value},
	"m16n8k16.bf16": {16, 4, 2, true, bf16Value},
	"m16n8k8.f16":   {8, 2, 1, true, half.unpack},
	"m16n8k16.f16":  {16, 4, 2, true, half.unpack},
}

// tf32Value leaves out the low 13 bits, as tensor cores do.
func tf32Value(v uint32) float64 { return float64of(v &^ (1<<13 - 1)) }

func bf16Value(v uint32) float64 { return float64of(v << 16) }

// mma decodes mma.sync.aligned.shape.row.col.f32.type.type.f32 d, a, b, c.
func (d *decoder) mma() {
	in := d.in
	ct, bt, at, dt := d.dataType(), d.dataType(), d.dataType(), d.dataType()
	shape := d.oneOf("m16n8k4", "m16n8k8", "m16n8k16")
	f, ok := mmaForms[shape+"."+at.name]
	ok = ok && ct.name == "f32" && dt.name == "f32" && at == bt
	if !d.has("sync") || !d.has("aligned") || !d.has("row") || !d.has("col") || !ok || !d.operands(4, 4) {
		d.fail("this form of mma is not supported")
		return
	}
	if shape+at.name != "m16n8k8f16" {
		d.needs(80, "this form of mma")
	}
	in.control, in.aligned = converge, true
	d.vector(0, ct, true, 4)
	d.vector(1, typeB32, false, f.a)
	d.vector(2, typeB32, false, f.b)
	d.vector(3, ct, false, 4)
	in.run = func(w *warp, in *inst, _ uint32) { w.multiply(in, &f) }
}

// multiply adds a product of matrices: sums are taken in float64 and rounded once.
func (w *warp) multiply(in *inst, f *fragments) {
	var a [16][16]float64 // [row][k]
	var b [16][8]float64  // [k][column]
	each := 1             // values in a register
	if f.pairs {
		each = 2
	}
	for i := range f.a {
		r := reg[uint32](w, in.v[4+i])
		down, right := i&1*8, i>>1*4*each
		for l, v := range r {
			row := &a[(l>>2+down)&15]
			if k := l&3*each + right; f.pairs {
				row[k&15], row[(k+1)&15] = f.value(v&0xffff), f.value(v>>16)
			} else {
				row[k&15] = tf32Value(v)
			}
		}
	}
	for i := range f.b {
		r := reg[uint32](w, in.v[4+f.a+i])
		for l, v := range r {
			if k := l&3*each + 4*each*i; f.pairs {
				b[k&15][l>>2&7], b[(k+1)&15][l>>2&7] = f.value(v&0xffff), f.value(v>>16)
			} else {
				b[k&15][l>>2&7] = tf32Value(v)
			}
		}
	}
	c, d := in.v[4+f.a+f.b:], in.v[:4]
	for half := range 2 { // rows 0 to 7, then 8 to 15
		c0, c1 := *reg[float32](w, c[2*half]), *reg[float32](w, c[2*half+1])
		d0, d1 := reg[float32](w, d[2*half]), reg[float32](w, d[2*half+1])
		for r := range 8 {
			s := rowTimes(a[8*half+r][:f.depth], &b)
			for q := range 4 {
				l := 4*r + q
				d0[l], d1[l] = float32(s[2*q]+float64(c0[l])), float32(s[2*q+1]+float64(c1[l]))
			}
		}
	}
}

// rowTimes is a row times a matrix.
func rowTimes(row []float64, b *[16][8]float64) [8]float64 {
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for k, x := range row {
		y := &b[k&15]
		s0 += x * y[0]
		s1 += x * y[1]
		s2 += x * y[2]
		s3 += x * y[3]
		s4 += x * y[4]
		s5 += x * y[5]
		s6 += x * y[6]
		s7 += x * y[7]
	}
	return [8]float64{s0, s1, s2, s3, s4, s5, s6, s7}
}
