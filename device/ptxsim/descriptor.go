package ptxsim

import "ganlib/device/driver"

// descriptor says where in shared memory an operand of wgmma lies: the matrix descriptor of the PTX manual,
// section "Asynchronous Warpgroup Level Matrix Shared Memory Layout". CUTLASS makes the same ones in make_gmma_desc
// (include/cute/atom/mma_traits_sm90_gmma.hpp).
//
// The operand has rows of a or columns of b along MN, and k. It lies in pieces of 16 bytes, of which atoms are made:
// 8 by width pieces, width of them next to each other. In a K-major operand the pieces of a row follow each other
// within an atom, in an MN-major one those of a k do. leading and stride are the steps between atoms: along MN and
// along k in an MN-major operand; in a K-major one stride is that along MN, and leading is not used. Without swizzle
// atoms are a single piece wide, and leading is the step along k in a K-major operand; stride is that along MN and
// leading that along k in an MN-major one.
type descriptor struct {
	start, leading, stride uint32
	width                  uint32 // pieces of an atom that are next to each other: 1, 2, 4 or 8
	majorMN                bool
	perPiece               uint32 // numbers in a piece
}

const pieceBytes = 16

// describe reads a descriptor, and refuses what hardware would read other than it was meant.
func (w *warp) describe(in *inst, bits uint64, majorMN bool, form *wgmmaForm) descriptor {
	field := func(at int) uint32 { return uint32(bits>>at&0x3fff) << 4 }
	d := descriptor{field(0), field(16), field(32), [4]uint32{1, 8, 4, 2}[bits>>62], majorMN, pieceBytes / form.bytes}
	const known = 0x3fff | 0x3fff<<16 | 0x3fff<<32 | 7<<49 | 3<<62
	row := d.width * pieceBytes
	switch {
	case bits&^known != 0:
		w.fault(driver.LaunchFailed, in, 0, "the descriptor %#x has bits that mean nothing", bits)
	case bits>>49&7 != 0:
		w.fault(driver.LaunchFailed, in, 0, "the descriptor %#x has a base offset, which is not supported", bits)
	case d.width > 1 && d.start/128%d.width != 0:
		w.fault(driver.LaunchFailed, in, 0, "the matrix at %#x does not begin with a pattern of its swizzle, of %d bytes", d.start, 128*d.width)
	case d.width > 1 && majorMN && d.start%row != 0, d.width > 1 && !majorMN && d.start%row+form.depth*form.bytes > row:
		w.fault(driver.LaunchFailed, in, 0, "the matrix at %#x goes beyond the %d bytes of its rows", d.start, row)
	}
	return d
}

// piece is the address of the piece with a number: of row mn, and of k.
func (d *descriptor) piece(mn, k uint32) uint32 {
	var at uint32
	switch {
	case d.majorMN && d.width == 1:
		at = mn/d.perPiece*d.stride + k%8*pieceBytes + k/8*d.leading
	case d.majorMN:
		atom := d.width * d.perPiece
		at = mn%atom/d.perPiece*pieceBytes + mn/atom*d.leading + k%8*d.width*pieceBytes + k/8*d.stride
	case d.width == 1:
		at = mn%8*pieceBytes + mn/8*d.stride + k/d.perPiece*d.leading
	default:
		at = mn%8*d.width*pieceBytes + mn/8*d.stride + k/d.perPiece*pieceBytes
	}
	at += d.start
	return at ^ at>>7%d.width*pieceBytes // the swizzle goes by addresses, wherever the matrix begins
}

// number is the address of a number.
func (d *descriptor) number(mn, k uint32) uint32 {
	along := k
	if d.majorMN {
		along = mn
	}
	return d.piece(mn, k) + along%d.perPiece*(pieceBytes/d.perPiece)
}

// pieces appends the addresses of all pieces of an operand.
func (d *descriptor) pieces(to []uint32, rows, depth uint32) []uint32 {
	stepMN, stepK := uint32(1), d.perPiece
	if d.majorMN {
		stepMN, stepK = d.perPiece, 1
	}
	for mn := uint32(0); mn < rows; mn += stepMN {
		for k := uint32(0); k < depth; k += stepK {
			to = append(to, d.piece(mn, k))
		}
	}
	return to
}
