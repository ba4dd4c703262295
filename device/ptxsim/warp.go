package ptxsim

import (
	"math"
	"math/bits"
	"unsafe"

	"ganlib/device/driver"
)

// warp is 32 threads that go in step. Where they diverge it becomes groups of lanes; the group with the
// smallest program counter runs, and groups that meet become one.
type warp struct {
	file       unsafe.Pointer // registers
	predicates []uint32
	local      []uint64
	block      *block
	id         int
	exists     uint32 // the lanes that have a thread
	live       uint32 // those that have not exited
	ready      []group
	parked     []group   // at an instruction that needs lanes which have not come
	waiting    []waiting // at barriers
	steps      int64
	fenced     bool // it has made its writes known to other blocks

	now, base uint32           // see shadow.go
	seen      [warpSize]uint32 // the clock of each other warp's work that is ordered before this one's
	async     asyncCopies
	wgmma     wgmmaState
}

// group is lanes at the same instruction.
type group struct {
	pc    int32
	lanes uint32
}

// quantum is how many instructions a warp executes before others get their turn.
const quantum = 1 << 20

func popcount(m uint32) int { return bits.OnesCount32(m) }

// push makes a group ready.
func (w *warp) push(pc int32, lanes uint32) {
	for i := range w.ready {
		if w.ready[i].pc == pc {
			w.ready[i].lanes |= lanes
			return
		}
		if w.ready[i].pc > pc {
			w.ready = append(w.ready, group{})
			copy(w.ready[i+1:], w.ready[i:])
			w.ready[i] = group{pc, lanes}
			return
		}
	}
	w.ready = append(w.ready, group{pc, lanes})
}

// pop takes the group with the smallest program counter, and tells the next group's.
func (w *warp) pop() (pc int32, lanes uint32, next int32) {
	g := w.ready[0]
	copy(w.ready, w.ready[1:])
	w.ready = w.ready[:len(w.ready)-1]
	next = math.MaxInt32
	if len(w.ready) > 0 {
		next = w.ready[0].pc
	}
	return g.pc, g.lanes, next
}

// run runs the warp until it has ended, waits at a barrier, or has had its turn.
func (w *warp) run() {
	limit := w.block.context.emulator.options.MaxSteps
	budget := min(quantum, limit-w.steps+1)
	for len(w.ready) > 0 && budget > 0 {
		n := w.runGroup(budget)
		budget -= n
		w.steps += n
	}
	if len(w.ready) > 0 {
		if w.steps > limit {
			g := w.ready[0]
			w.fault(driver.LaunchTimeout, &w.block.launch.kernel.code[g.pc], lane(g.lanes), "%d instructions without an end", w.steps)
		}
		return
	}
	w.settle()
}

// runGroup runs the first group until it ends, waits, splits, meets another, or has used its budget. It
// returns the number of instructions.
func (w *warp) runGroup(budget int64) (steps int64) {
	code := w.block.launch.kernel.code
	var executed uint64
	pc, lanes, next := w.pop()
	for {
		if pc >= next {
			w.push(pc, lanes)
			break
		}
		in := &code[pc]
		m := lanes
		if in.guard >= 0 {
			m &= w.predicates[in.guard] ^ in.guardNot
		}
		steps++
		executed += uint64(bits.OnesCount32(m))
		if in.control == plain {
			if m != 0 {
				in.run(w, in, m)
			}
			pc++
			continue
		}
		if m == 0 {
			pc++
			continue
		}
		if in.control == branch && m == lanes {
			pc = in.target
			if steps < budget {
				continue
			}
			w.push(pc, lanes)
			break
		}
		if pc, lanes = w.turn(in, pc, lanes, m); lanes == 0 {
			break
		}
		if len(w.ready) > 0 {
			next = w.ready[0].pc
		}
	}
	w.block.lanes += executed
	w.block.steps += uint64(steps)
	return steps
}

// turn does an instruction after which the lanes m of a group may go another way than the rest. It
// returns the group that goes on, or no lanes.
func (w *warp) turn(in *inst, pc int32, lanes, m uint32) (int32, uint32) {
	rest := lanes &^ m
	switch in.control {
	case branch:
		w.push(in.target, m)
	case table:
		index := reg[uint32](w, in.a)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			if index[l] >= uint32(len(in.targets)) {
				w.fault(driver.IllegalAddress, in, l, "entry %d of a table of %d", index[l], len(in.targets))
			}
			w.push(in.targets[index[l]], 1<<l)
		}
	case leave:
		w.live &^= m
		for _, g := range w.parked { // what they wait for may have exited
			w.push(g.pc, g.lanes)
		}
		w.parked = w.parked[:0]
	case converge:
		done := w.gather(in, pc, m)
		if done == lanes {
			return pc + 1, done
		}
		rest |= done
	case barrier:
		rest |= w.arrive(in, pc, m)
	}
	if rest != 0 {
		w.push(pc+1, rest)
	}
	return 0, 0
}

// gather executes an instruction for which the lanes of a mask must come together, as far as they have.
// It returns the lanes for which it is done; the others are parked.
func (w *warp) gather(in *inst, pc int32, lanes uint32) (done uint32) {
	kept := w.parked[:0]
	for _, g := range w.parked {
		if g.pc == pc {
			lanes |= g.lanes
		} else {
			kept = append(kept, g)
		}
	}
	w.parked = kept
	for lanes != 0 {
		l := lane(lanes)
		need := full
		if in.mask >= 0 {
			masks := reg[uint32](w, in.mask)
			need = masks[l]
			for m := lanes & need; m != 0 && need != full; m &= m - 1 {
				if masks[lane(m)] != need {
					w.fault(driver.LaunchFailed, in, l, "its mask is %#x, that of lane %d %#x", need, lane(m), masks[lane(m)])
				}
			}
		}
		if need>>l&1 == 0 {
			w.fault(driver.LaunchFailed, in, l, "its mask %#x leaves out the lane itself", need)
		}
		if gone := need &^ w.live; gone != 0 {
			w.fault(driver.LaunchFailed, in, l, "its mask %#x names lane %d, which %s", need, lane(gone), w.absence(lane(gone)))
		}
		if lanes&need == need {
			in.run(w, in, need)
			done |= need
		} else {
			w.parked = append(w.parked, group{pc, lanes & need})
		}
		lanes &^= need
	}
	return done
}

func (w *warp) absence(lane int) string {
	if w.exists>>lane&1 == 0 {
		return "the block does not have"
	}
	return "has exited"
}

// settle looks at a warp in which no group is ready.
func (w *warp) settle() {
	code := w.block.launch.kernel.code
	if len(w.parked) > 0 {
		g := w.parked[0]
		w.fault(driver.LaunchFailed, &code[g.pc], lane(g.lanes), "waits for lanes that never come: %#x have, %#x are live", g.lanes, w.live)
	}
	for _, g := range w.waiting {
		if in := &code[g.pc]; in.aligned && g.lanes != w.live {
			w.fault(driver.LaunchFailed, in, lane(g.lanes), "only the lanes %#x of a warp of %#x reach this barrier", g.lanes, w.live)
		}
	}
}
