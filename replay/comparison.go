package replay

import (
	"fmt"
	"math"
	"strconv"

	"ganlib/checkpoint"
	"ganlib/manifest"
	"ganlib/report"
	"ganlib/runner"
)

// comparison is how the losses of steps that were made again compare with a table.
type comparison struct {
	file    string
	rows    map[int64]report.Scalars
	exact   int    // rows that were compared byte for byte
	near    int    // rows that were compared within the bounds
	far     int    // rows that were not, since bounds are for the first steps
	missing int    // steps that have no row
	differ  int    // rows that differ
	first   int64  // the first of these
	what    string // its column and values
	ulp     uint64 // the largest distance
	largest float64
}

// compare compares a step's row with the table's. bytes says that they must be the same, bounded that they must
// be near at least.
func (c *comparison) compare(row report.Scalars, bytes, bounded bool) {
	was, ok := c.rows[row.Step]
	switch {
	case !ok:
		c.missing++
		return
	case bytes:
		c.exact++
	case bounded:
		c.near++
	default:
		c.far++
		return
	}
	column, distance := difference(was, row)
	if !bytes {
		column = c.outside(was, row)
	}
	if column == "" {
		return
	}
	if c.differ == 0 {
		c.first, c.what = row.Step, column
	}
	c.differ++
	c.ulp = max(c.ulp, distance)
}

// difference returns the first column that differs, with both values, and the largest distance in any.
func difference(was, is report.Scalars) (column string, ulp uint64) {
	a, b := was.Trained(), is.Trained()
	for i := range a {
		if a[i].Value == b[i].Value {
			continue
		}
		x, y := float(a[i].Value), float(b[i].Value)
		if !finite(x) && !finite(y) && math.IsNaN(float64(x)) {
			continue // what is not finite has one word in JSON
		}
		if column == "" {
			column = fmt.Sprintf("%s is %s, trained again %s", a[i].Name, a[i].Value, b[i].Value)
		}
		ulp = max(ulp, checkpoint.ULP(x, y))
	}
	return column, ulp
}

// outside returns the first column whose values are farther apart than [Bound] allows.
func (c *comparison) outside(was, is report.Scalars) (column string) {
	a, b := was.Trained(), is.Trained()
	for i := range a {
		x, y := float64(float(a[i].Value)), float64(float(b[i].Value))
		distance := math.Abs(x-y) / (1 + math.Abs(x))
		c.largest = max(c.largest, distance)
		if !(distance <= Bound) && a[i].Value != b[i].Value && column == "" {
			column = fmt.Sprintf("%s is %s, trained again %s", a[i].Name, a[i].Value, b[i].Value)
		}
	}
	return column
}

func float(text string) float32 {
	v, _ := strconv.ParseFloat(text, 32) // what we wrote
	return float32(v)
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// finding tells how the losses compared.
func (c *comparison) finding(t *retraining) Finding {
	f := Finding{State: Same, Part: "losses", File: c.file}
	span := fmt.Sprintf("steps %d to %d", t.from, t.to-1)
	if t.to == t.from+1 {
		span = fmt.Sprintf("step %d", t.from)
	}
	_, why := t.exact(t.from)
	switch {
	case c.differ > 0:
		f.State, f.Step, f.ULP = Differs, &c.first, c.ulp
		f.Detail = fmt.Sprintf("step %d is the first of %d that differ: %s", c.first, c.differ, c.what)
	case c.exact+c.near+c.far == 0:
		f.State, f.Detail = Unchecked, "no rows for "+span
	case c.near+c.far > 0:
		f.State = Unchecked
		f.Detail = fmt.Sprintf("%s: made on another engine (%s), and bytes are the same on one engine only; the first %d are within %g·(1 + |loss|), the largest difference is %.2g of that measure", span, why, c.near, Bound, c.largest)
	case c.missing > 0:
		f.State, f.Detail = Unchecked, fmt.Sprintf("%s: %d are the same, %d have no row", span, c.exact, c.missing)
	default:
		f.Detail = fmt.Sprintf("%s trained again, every byte", span)
	}
	return f
}

func machineOf(p *runner.Replay) manifest.Machine { return manifest.OfMachine(p.Device()) }
