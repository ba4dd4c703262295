package kernels

import (
	"ganlib/device"
	"ganlib/internal/simd"
	"ganlib/internal/work"
)

// A task of the fast engine goes through about taskLen elements of a tensor, which stay in the second-level
// cache between the steps, and has at most columnLimit columns. A kernel is called for about chunkLen
// elements of each tensor, which stay in the first-level cache while it walks down their columns.
const (
	taskLen     = 32 << 10
	columnLimit = 1 << 10
	chunkLen    = 2 << 10
)

// normCut is how a pass is cut into tasks. It depends on sizes only.
type normCut struct {
	groups, columns, rows int // of a task
	across                int // blocks of columns
	first                 int // row to be summed
	pad                   int // of a task's columns
}

// normPart is a range of rows and columns of one group, with memory for what is known of its columns.
type normPart struct {
	group, lo, hi, from, to int
	pad, chunk              int
	tile                    simd.NormTile
	coef, sums              []float64
	memory                  *work.Scratch[float64]
}

// open prepares a part for columns from up to but not including to.
func (k *normFast) open(p *normPart, from, to int) {
	pad := padded(to - from)
	p.memory = work.Borrow[float64]((simd.NormCoefs + simd.NormSums) * pad)
	k.share(p, from, to, p.memory.Data, p.memory.Data[simd.NormCoefs*pad:])
	clear(p.coef)
	gamma, weight := p.row(p.coef, simd.NormGamma), p.row(p.coef, simd.NormWeight)
	if k.gamma == nil || k.element() {
		for c := range gamma {
			gamma[c] = 1
		}
	} else {
		k.isa.Widen(gamma, k.gamma[from:to])
	}
	if k.beta != nil && !k.element() {
		k.isa.Widen(p.row(p.coef, simd.NormBeta), k.beta[from:to])
	}
	copy(weight, gamma)
	if k.layer() && k.weighted() { // γ is in the sums
		for c := range weight {
			weight[c] = 1
		}
	}
}

// share prepares a part on the given memory; sums may be nil if nothing is summed.
func (k *normFast) share(p *normPart, from, to int, coef, sums []float64) {
	p.from, p.to, p.pad, p.chunk = from, to, padded(to-from), max(chunkLen/(to-from), 4)
	p.coef, p.sums = coef[:simd.NormCoefs*p.pad], sums
	p.tile = simd.NormTile{Columns: to - from, Stride: k.columns, Coef: &coef[0], Pad: p.pad, Slope: float32(k.kind.Slope), Leaky: k.kind.Leaky}
	if sums != nil {
		p.tile.Sums = &sums[0]
	}
}

// close gives the memory back.
func (p *normPart) close() { work.GiveBack(p.memory) }

// padded rounds a number of columns up.
func padded(columns int) int {
	return (columns + simd.NormPad - 1) / simd.NormPad * simd.NormPad
}

// row returns a row of coefficients or sums.
func (p *normPart) row(of []float64, i int) []float64 { return of[i*p.pad:][:p.to-p.from] }

// runGroups takes all steps for one group after the other, in tasks of a few groups and a block of
// columns.
func (k *normFast) runGroups(t *device.Tensor) {
	c := &k.cut
	c.columns = k.columns
	if !k.layer() || k.out == nil { // else a set has all columns
		c.columns = min(k.columns, columnLimit, max(taskLen/k.rows/simd.NormPad*simd.NormPad, simd.NormPad))
	}
	c.groups = min(k.groups, max(taskLen/(k.rows*c.columns), 1))
	c.across = (k.columns + c.columns - 1) / c.columns
	c.pad = padded(c.columns)
	tasks := (k.groups + c.groups - 1) / c.groups * c.across
	if k.lo == k.hi {
		launch(t, tasks, 1, normGroups{*k})
		return
	}
	scratch := work.Borrow[float64](2 * c.pad * tasks)
	defer work.GiveBack(scratch)
	k.partials = scratch.Data
	launch(t, tasks, 1, normGroups{*k})
	for i := range c.across {
		total := k.total(i)
		for j := i + c.across; j < tasks; j += c.across {
			k.isa.Add64(total, k.total(j))
		}
		k.addGradients(i*c.columns, total)
	}
}

// normGroups is the tasks of runGroups.
type normGroups struct{ normFast }

func (k *normGroups) Run(lo, hi int) {
	for i := lo; i < hi; i++ {
		k.task(i)
	}
}

func (k *normGroups) task(i int) {
	c := &k.cut
	from := i % c.across * c.columns
	var p normPart
	k.open(&p, from, min(from+c.columns, k.columns))
	defer p.close()
	p.hi = k.rows
	var total []float64
	if k.lo < k.hi {
		total = k.total(i)
		clear(total)
	}
	first := i / c.across * c.groups
	for p.group = first; p.group < min(first+c.groups, k.groups); p.group++ {
		counts := k.lo <= p.group && p.group < k.hi
		if k.out == nil && !counts {
			continue
		}
		k.begin(&p)
		clear(p.sums)
		if counts || k.summing() {
			k.sum(&p)
		}
		if counts {
			k.addTotal(&p, total)
		}
		if k.out != nil {
			k.finish(&p)
			k.apply(&p)
		}
	}
}

// total returns task i's sums for the parameter gradients: those of β, then those of γ.
func (k *normFast) total(i int) []float64 {
	n := 2 * k.cut.pad
	return k.partials[i*n : (i+1)*n]
}

// addTotal adds what a part's sums say of the parameter gradients.
func (k *normFast) addTotal(p *normPart, total []float64) {
	n, beta, gamma := p.to-p.from, total[:len(total)/2], total[len(total)/2:]
	if k.u != nil {
		k.isa.NormTotals(n, p.coef, p.sums, p.pad, beta, gamma)
	}
	if k.pass == passSecond {
		k.isa.NormSecondTotals(n, p.coef, p.sums, p.pad, gamma)
	}
}

// addGradients adds total to the gradients of the columns after from.
func (k *normFast) addGradients(from int, total []float64) {
	to := min(from+k.cut.pad, len(k.dgamma))
	beta, gamma := total[:k.cut.pad], total[k.cut.pad:]
	for c := range k.dgamma[from:to] {
		k.dbeta[from+c] += float32(beta[c])
		k.dgamma[from+c] += float32(gamma[c])
	}
}

// runBatch takes each step for the whole tensor, in tasks of a few rows.
func (k *normFast) runBatch(t *device.Tensor) {
	var p normPart
	k.open(&p, 0, k.columns)
	defer p.close()
	k.begin(&p)
	clear(p.sums)
	k.shared = p.coef
	k.cut.pad, k.cut.rows = p.pad, max(taskLen/k.columns, 1)
	counts := k.lo < k.hi
	if counts || k.summing() {
		k.sumRows(t, &p)
	}
	if counts {
		total := work.Borrow[float64](2 * p.pad)
		defer work.GiveBack(total)
		clear(total.Data)
		k.addTotal(&p, total.Data)
		k.addGradients(0, total.Data)
	}
	if k.out != nil {
		k.finish(&p)
		launch(t, k.rows, k.cut.rows, normApplyRows{*k})
	}
}

// sumRows adds up the rows of all samples or, if the statistics are constants, of those that count for
// the parameter gradients.
func (k *normFast) sumRows(t *device.Tensor, p *normPart) {
	c, last := &k.cut, k.rows
	if k.kind.Frozen {
		perSample := k.rows / t.Shape()[0]
		c.first, last = k.lo*perSample, k.hi*perSample
	}
	tasks := (last - c.first + c.rows - 1) / c.rows
	scratch := work.Borrow[float64](tasks * simd.NormSums * c.pad)
	defer work.GiveBack(scratch)
	k.partials = scratch.Data
	launch(t, last-c.first, c.rows, normSumRows{*k})
	for i := range tasks {
		k.isa.Add64(p.sums, k.sums(i))
	}
}

// sums returns task i's sums.
func (k *normFast) sums(i int) []float64 {
	n := simd.NormSums * k.cut.pad
	return k.partials[i*n : (i+1)*n]
}

// normSumRows is the tasks of sumRows.
type normSumRows struct{ normFast }

func (k *normSumRows) Run(lo, hi int) {
	sums := k.sums(lo / k.cut.rows)
	clear(sums)
	p := normPart{lo: k.cut.first + lo, hi: k.cut.first + hi}
	k.share(&p, 0, k.columns, k.shared, sums)
	k.sum(&p)
}

// normApplyRows writes the output of some rows.
type normApplyRows struct{ normFast }

func (k *normApplyRows) Run(lo, hi int) {
	p := normPart{lo: lo, hi: hi}
	k.share(&p, 0, k.columns, k.shared, nil)
	k.apply(&p)
}
