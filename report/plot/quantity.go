package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ganlib/report"
)

// Quantity is something that a training reports at each generator step.
type Quantity string

// The quantities. A distance means something only for Wasserstein critics: it is the estimate that the
// critic makes of it, mean f(real) - mean f(fake), up to the constant by which f is steeper than 1.
const (
	CriticLoss    Quantity = "critic_loss"    // without the penalty
	CriticLossGP  Quantity = "critic_loss_gp" // with it
	Penalty       Quantity = "penalty"        // λ included
	GeneratorLoss Quantity = "generator_loss"
	Distance      Quantity = "distance" // -critic_loss
	Speed         Quantity = "images_per_s"
)

var quantities = []struct {
	name  Quantity
	label string
	of    func(report.Scalars) float64
}{
	{Distance, "Wasserstein estimate", func(s report.Scalars) float64 { return -float64(s.CriticLoss) }},
	{CriticLoss, "critic loss", func(s report.Scalars) float64 { return float64(s.CriticLoss) }},
	{CriticLossGP, "critic loss + penalty", func(s report.Scalars) float64 { return float64(s.CriticLossGP) }},
	{Penalty, "penalty", func(s report.Scalars) float64 { return float64(s.Penalty) }},
	{GeneratorLoss, "generator loss", func(s report.Scalars) float64 { return float64(s.GeneratorLoss) }},
	{Speed, "images/s", func(s report.Scalars) float64 { return s.ImagesPerSecond }},
}

// Quantities returns the names of all quantities.
func Quantities() []string {
	var names []string
	for _, q := range quantities {
		names = append(names, string(q.name))
	}
	return names
}

// find returns a quantity's place in the table.
func find(name Quantity) (int, error) {
	for i, q := range quantities {
		if q.name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("quantity %q: want one of %s", name, strings.Join(Quantities(), ", "))
}

// usual returns what is drawn of runs if nobody says: the distance where all are of Wasserstein critics,
// and the penalty where any has one.
func usual(runs []Run) []Quantity {
	penalised := slices.ContainsFunc(runs, func(r Run) bool {
		return slices.ContainsFunc(r.Rows, func(s report.Scalars) bool { return s.Penalty != 0 })
	})
	list := []Quantity{CriticLoss}
	if !slices.ContainsFunc(runs, func(r Run) bool { return !r.Wasserstein }) {
		list = []Quantity{Distance}
	}
	if penalised {
		list = append(list, Penalty, CriticLossGP)
	}
	return append(list, GeneratorLoss)
}

// point is a place of a curve.
type point struct{ x, y float64 }

// points returns the finite values of a quantity at steps from to to.
func points(rows []report.Scalars, of func(report.Scalars) float64, from, to int64) []point {
	var list []point
	for _, s := range rows {
		if y := of(s); s.Step >= from && s.Step <= to && !math.IsNaN(y) && !math.IsInf(y, 0) {
			list = append(list, point{float64(s.Step), y})
		}
	}
	return list
}

// smooth returns the exponential moving average of a curve, as TensorBoard's slider does,
//
//	s_t = w·s_(t-1) + (1-w)·y_t,   drawn as s_t/(1-wᵗ)
//
// whose division takes away the start at 0.
func smooth(list []point, w float64) []point {
	out := make([]point, len(list))
	sum, weight := 0.0, 1.0
	for i, p := range list {
		sum = w*sum + (1-w)*p.y
		weight *= w
		out[i] = point{p.x, sum / (1 - weight)}
	}
	return out
}

// most is how many parts a curve is drawn in at most: more than a picture has pixels are of no use.
const most = 1000

// thin replaces the points of each of at most 1000 intervals by their smallest and largest, in the order
// of their places, so that no spike is lost.
func thin(list []point) []point {
	if len(list) <= 2*most {
		return list
	}
	out := make([]point, 0, 2*most)
	for i := range most {
		part := list[i*len(list)/most : (i+1)*len(list)/most]
		lo, hi := part[0], part[0]
		for _, p := range part {
			if p.y < lo.y {
				lo = p
			}
			if p.y > hi.y {
				hi = p
			}
		}
		if lo.x > hi.x {
			lo, hi = hi, lo
		}
		out = append(out, lo, hi)
	}
	return out
}
