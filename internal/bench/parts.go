package bench

import (
	"context"
	"slices"
	"strings"
	"time"

	"ganlib/device"
	"ganlib/layers"
)

// Part is what an iteration spends on one operation.
type Part struct {
	Op           string  `json:"op"` // as package kernels names it; "other" is what lies outside of operations
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`
	Share        float64 `json:"share"` // of the iteration
	GFLOPS       float64 `json:"gflops,omitempty"`
}

// Layer is what an iteration spends in one layer of a network.
type Layer struct {
	Network      string  `json:"network"`
	Name         string  `json:"name"`
	Layer        string  `json:"layer"` // what it is
	Milliseconds float64 `json:"ms"`
	Share        float64 `json:"share"` // of the iteration
	Passes       []Pass  `json:"passes,omitempty"`
}

// Pass is one of a layer's products or convolutions: a convolution's forward pass (conv2d), the one
// towards its input (conv2d input) or towards its weight (conv2d weight). A transposed convolution's
// forward pass is the one towards the input.
type Pass struct {
	Op           string  `json:"op"`
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`
	GFLOPS       float64 `json:"gflops"`
	PeakShare    float64 `json:"peak_share,omitempty"` // of the mean of the peaks before and after
}

// profile is the time of some iterations by operation and layer.
type profile struct {
	iterations int
	whole      time.Duration
	counts     []device.Count
}

// profile takes a round of iterations apart.
func (b *Bench) profile(ctx context.Context) (p profile, err error) {
	var c device.Counter
	c.SetTimed(true)
	b.dev.SetCounter(&c)
	defer b.dev.SetCounter(nil)
	if gpu, ok := b.dev.(*device.CUDA); ok {
		graphs := gpu.SetGraphs(false) // an operation that is not launched takes no time
		defer gpu.SetGraphs(graphs)
	}
	start := time.Now()
	for range b.iterations {
		if err := b.steps(ctx, 1); err != nil {
			return p, err
		}
		c.Pause()
	}
	return profile{b.iterations, time.Since(start), c.Counts()}, nil
}

// flops returns the floating-point operations of an iteration's products and convolutions.
func (p profile) flops() float64 {
	sum := int64(0)
	for _, c := range p.counts {
		if product(c.Op) {
			sum += c.Flops
		}
	}
	return float64(sum) / float64(p.iterations)
}

// product reports whether an operation is a matrix product or a convolution.
func product(op string) bool { return strings.HasPrefix(op, "conv2d") || strings.HasPrefix(op, "gemm") }

// parts adds the counts up by operation, the longest first; together they are the whole.
func (p profile) parts() []Part {
	var list []Part
	sums := map[string]*device.Count{}
	for _, c := range p.counts {
		s := sums[c.Op]
		if s == nil {
			s = &device.Count{Op: c.Op}
			sums[c.Op] = s
		}
		s.Calls, s.Flops, s.Time = s.Calls+c.Calls, s.Flops+c.Flops, s.Time+c.Time
	}
	other := p.whole
	for _, s := range sums {
		other -= s.Time
		list = append(list, Part{s.Op, p.each(s.Calls), p.milliseconds(s.Time), p.share(s.Time), gflops(s)})
	}
	slices.SortFunc(list, func(a, b Part) int {
		switch {
		case a.Milliseconds > b.Milliseconds:
			return -1
		case a.Milliseconds < b.Milliseconds:
			return 1
		}
		return strings.Compare(a.Op, b.Op)
	})
	return append(list, Part{Op: "other", Milliseconds: p.milliseconds(other), Share: p.share(other)})
}

// layers adds the counts up by layer, in the networks' order. Peak is in GFLOP/s, 0 if it is unknown.
func (p profile) layers(peak float64, nets ...*layers.Network) (list []Layer) {
	for _, net := range nets {
		for _, s := range net.Summarise(1).Layers {
			l := Layer{Network: net.Name(), Name: s.Name, Layer: s.Layer}
			total := time.Duration(0)
			for _, c := range p.counts {
				if c.Network != l.Network || c.Layer != l.Name {
					continue
				}
				total += c.Time
				if product(c.Op) {
					pass := Pass{Op: c.Op, Calls: p.each(c.Calls), Milliseconds: p.milliseconds(c.Time), GFLOPS: gflops(&c)}
					if peak > 0 {
						pass.PeakShare = pass.GFLOPS / peak
					}
					l.Passes = append(l.Passes, pass)
				}
			}
			l.Milliseconds, l.Share = p.milliseconds(total), p.share(total)
			list = append(list, l)
		}
	}
	return list
}

func (p profile) each(calls int) float64 { return float64(calls) / float64(p.iterations) }
func (p profile) milliseconds(d time.Duration) float64 {
	return milliseconds(d) / float64(p.iterations)
}
func (p profile) share(d time.Duration) float64 { return float64(d) / float64(p.whole) }
func gflops(c *device.Count) float64            { return float64(c.Flops) / max(c.Time.Seconds(), 1e-9) / 1e9 }
