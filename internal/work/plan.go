package work

import "math/bits"

// Plan follows the borrowing of scratch memory without taking any: it shows how much a sequence of
// calls will hold. Elements are float32.
type Plan struct {
	free [4 * bits.UintSize][]*Planned
	all  []*Planned
}

// Planned is a piece of a plan.
type Planned struct{ class, used int }

// Borrow is [Borrow].
func (p *Plan) Borrow(n int) *Planned {
	class, _ := sizeOf(n)
	for i := class; i <= class+perOctave; i++ {
		if last := len(p.free[i]) - 1; last >= 0 {
			piece := p.free[i][last]
			p.free[i] = p.free[i][:last]
			piece.used = max(piece.used, n)
			return piece
		}
	}
	piece := &Planned{class, n}
	p.all = append(p.all, piece)
	return piece
}

// GiveBack is [GiveBack].
func (p *Plan) GiveBack(piece *Planned) {
	p.free[piece.class] = append(p.free[piece.class], piece)
}

// Bytes returns what all pieces together hold, as far as it is used: memory that nobody touches takes no
// room.
func (p *Plan) Bytes() (sum int64) {
	for _, piece := range p.all {
		sum += 4 * int64(piece.used)
	}
	return sum
}
