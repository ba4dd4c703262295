package watchdog

import (
	"math"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
)

// gauge takes the norms of all that a training changes, a row of them after each step that is looked at.
// Rows wait on the device until they are read.
type gauge struct {
	players [2]player // critic, generator
	norms   *kernels.L2Norms
	rows    []*device.Tensor
	whole   []*device.Tensor // the first so many rows, from one on
	local   bool             // they lie in this program's memory

	last  int64   // the step whose norms were taken last
	steps []int64 // of the rows that wait
	copy  []float32
	taken []reading
	good  int64 // the last step whose norms were all finite, -1 if there is none
}

// player is a network with the places of its norms in a row.
type player struct {
	name                   string // critic or generator, whatever the network is called
	params, buffers        []*layers.Param
	size                   int // weights
	values, grads, running span
	optimizer              optim.Optimizer
	clip                   float64 // bound of the weights, 0 for none
}

// span is a range of places in a row.
type span struct{ lo, hi int }

// reading is a row that was read.
type reading struct {
	step  int64
	norms []float32
}

func (r *reading) of(s span) []float32 { return r.norms[s.lo:s.hi] }

// maxRows is how many rows wait at most: statistics are never read later than that.
const maxRows = 1024

func newGauge(t *variants.Trainer, o Options) (*gauge, error) {
	nets := t.Variant().Networks()
	generator, critic := t.Variant().Optimizers()
	g := &gauge{last: never, good: -1, players: [2]player{newPlayer("critic", nets.Critic, critic), newPlayer("generator", nets.Generator, generator)}}
	g.players[0].clip = o.Clip
	var tensors []*device.Tensor
	add := func(params []*layers.Param, of func(*layers.Param) *device.Tensor) span {
		lo := len(tensors)
		for _, p := range params {
			tensors = append(tensors, of(p))
		}
		return span{lo, len(tensors)}
	}
	value := func(p *layers.Param) *device.Tensor { return p.Value }
	for i := range g.players {
		p := &g.players[i]
		p.values = add(p.params, value)
		p.grads = add(p.params, func(p *layers.Param) *device.Tensor { return p.Grad })
		p.running = add(p.buffers, value)
	}
	var err error
	if g.norms, err = kernels.NewL2Norms(tensors...); err != nil {
		return nil, err
	}
	width, count := len(tensors), min(t.Config().StatsEvery, t.StepsPerEpoch(), maxRows)/o.Every+2
	table, err := nets.Critic.Device().New(device.Shape{count, width})
	if err != nil {
		return nil, err
	}
	for i := range count {
		g.rows = append(g.rows, table.Slice(i*width, device.Shape{width}))
		g.whole = append(g.whole, table.Slice(0, device.Shape{i + 1, width}))
	}
	g.local = device.Data[float32](table) != nil
	g.copy, g.steps, g.taken = make([]float32, count*width), make([]int64, 0, count), make([]reading, 0, count)
	return g, nil
}

func newPlayer(name string, n *layers.Network, o optim.Optimizer) player {
	return player{name: name, params: n.Params(), buffers: n.Buffers(), size: n.NumParams(), optimizer: o}
}

// never is a step whose norms nobody takes.
const never = -2

// reset forgets rows that were not read.
func (g *gauge) reset() { g.last, g.steps, g.good = never, g.steps[:0], -1 }

// measure takes the norms after step, unless that was done. It is urgent to read them if one is seen not to
// be finite.
func (g *gauge) measure(step int64) (urgent bool, err error) {
	if step == g.last {
		return false, nil
	}
	if len(g.steps) == len(g.rows) { // nobody asks for them, as after a SetProgress without Reset
		g.steps = g.steps[:0]
	}
	row := g.rows[len(g.steps)]
	if err := g.norms.Compute(row); err != nil {
		return false, err
	}
	g.last, g.steps = step, append(g.steps, step)
	return g.local && !finite(device.Data[float32](row)...), nil
}

// read returns the rows that wait, in the order of their steps. They are good until the next read.
func (g *gauge) read() ([]reading, error) {
	n := len(g.steps)
	if n == 0 {
		return nil, nil
	}
	width := len(g.copy) / len(g.rows)
	if err := g.whole[n-1].CopyTo(g.copy[:n*width]); err != nil {
		return nil, err
	}
	g.taken = g.taken[:0]
	for i, step := range g.steps {
		g.taken = append(g.taken, reading{step, g.copy[i*width : (i+1)*width]})
	}
	g.steps = g.steps[:0]
	return g.taken, nil
}

// finite reports whether all numbers are.
func finite(values ...float32) bool {
	for _, v := range values {
		if v-v != 0 { // of NaN and infinities this is NaN
			return false
		}
	}
	return true
}

// norm returns the norm of several tensors together.
func norm(norms []float32) float64 {
	sum := 0.0
	for _, n := range norms {
		sum += float64(n) * float64(n)
	}
	return math.Sqrt(sum)
}
