package sgemm

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// scaleRows computes Y = f·X for matrices of so many rows and columns, whose rows are ldy and ldx apart.
// If f is zero, Y is zero whatever X is. Y may be X.
func scaleRows(pool *device.Pool, isa simd.ISA, y []float32, ldy int, x []float32, ldx, rows, columns int, f float32) {
	if f == 1 && &y[0] == &x[0] {
		return
	}
	const grain = 16 << 10 // elements that a worker takes at a time
	work.Run(pool, rows, max(1, grain/columns), scaling{isa, y, ldy, x, ldx, columns, f})
}

type scaling struct {
	isa     simd.ISA
	y       []float32
	ldy     int
	x       []float32
	ldx     int
	columns int
	f       float32
}

// Run scales rows lo to hi.
func (s *scaling) Run(lo, hi int) {
	for r := lo; r < hi; r++ {
		y := s.y[r*s.ldy:][:s.columns]
		if s.f == 0 {
			clear(y)
		} else {
			s.isa.Scale(y, s.x[r*s.ldx:][:s.columns], s.f)
		}
	}
}
