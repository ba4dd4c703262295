package kernels

import "ganlib/device"

// HeadRows are the rows of a batch, from Lo up to but not including Hi, that [HeadBackward] takes for the gradients of
// parameters, and those from InputLo to InputHi that it computes the gradient of the input for.
type HeadRows struct{ Lo, Hi, InputLo, InputHi int }

// FusesHead reports whether t lies on a GPU, which has HeadBackward, for a layer of so many rows.
func FusesHead(t *device.Tensor, rows int) bool { return onGPU(t) && rows <= headRows }

// headRows are the most rows of HeadBackward: a block takes all of them.
const headRows = 8 * vectorTerms

// HeadBackward is the backward pass of a layer of one output, y_n = Σ_c x_nc·w_c + b, as the last of a critic is, in one
// launch on a GPU:
//
//	dw_c += Σ_n dy_n·x_nc,  db += Σ_n dy_n,  dx_nc = dy_n·w_c
//
// x is (N,…), of C numbers each, w and dw have C, dy has N, and dx has the rows of the input gradient. db and dx may be nil if they are not
// wanted. [FusesHead] says where it can be called.
func HeadBackward(dx, dw, db, x, dy, w *device.Tensor, r HeadRows) error {
	const op = "head backward"
	n, c := x.Shape()[0], x.Shape().RowLen()
	switch {
	case dw.Len() != c:
		return shapeError(op, "dw", dw, "want %d numbers for x %v", c, x.Shape())
	case w.Len() != c:
		return shapeError(op, "w", w, "want %d numbers for x %v", c, x.Shape())
	case dy.Len() != n:
		return shapeError(op, "dy", dy, "want (%d) for x %v", n, x.Shape())
	case dx != nil && dx.Len() != (r.InputHi-r.InputLo)*c:
		return shapeError(op, "dx", dx, "want %d rows of %d numbers", r.InputHi-r.InputLo, c)
	case r.Lo < 0 || r.Hi > n || dx != nil && (r.InputLo < 0 || r.InputHi > n):
		return shapeError(op, "x", x, "want rows %d to %d and %d to %d", r.Lo, r.Hi, r.InputLo, r.InputHi)
	}
	if db != nil {
		if err := oneNumber(op, "db", db); err != nil {
			return err
		}
	}
	flops := 2 * int64(r.Hi-r.Lo) * int64(c)
	if dx != nil {
		flops += int64(dx.Len())
	}
	if !FusesHead(dw, n) {
		return shapeError(op, "x", x, "want a GPU and at most %d rows", headRows)
	}
	if _, err := prepare(op, flops, dw, db, dx, x, dy, w); err != nil {
		return err
	}
	return thenRound(headCUDA(dx, dw, db, x, dy, w, r), dx, dw, db)
}
