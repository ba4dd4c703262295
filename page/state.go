package page

import (
	"math"
	"time"

	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/variants"
)

// Phases of what a page shows.
const (
	PhaseStarting = "starting" // no step has been seen yet
	PhaseTraining = "training"
	PhasePausing  = "pausing" // after the step at hand
	PhasePaused   = "paused"
	PhaseStopping = "stopping" // after the step at hand
	PhaseEnded    = "ended"
	PhaseFolder   = "folder" // a run's folder is shown, by another process than the one that trains, if one does
)

// State is what a page shows in figures.
type State struct {
	Phase      string  `json:"phase"`
	Step       int64   `json:"step"`            // generator steps done
	Total      int64   `json:"total,omitempty"` // at the end; 0: not known
	Epoch      int     `json:"epoch"`
	Checkpoint *int64  `json:"checkpoint,omitempty"` // step of the newest one
	Memory     *Memory `json:"memory,omitempty"`
	Problem    string  `json:"problem,omitempty"` // why the run's folder cannot be read
}

// Memory is how much is taken, in bytes: of a GPU's memory by everybody, or of the computer's by this process.
type Memory struct {
	Device string `json:"device"`
	Used   int64  `json:"used"`
	Total  int64  `json:"total,omitempty"`
}

// probeColumns are what the page measures itself, while somebody watches.
var probeColumns = []string{"step", "critic_gradient", "generator_gradient", "memory"}

const (
	lookEvery = time.Second // between two looks at a training
	// sparing is how long nothing is measured after a measurement, as a multiple of the time it took.
	sparing     = 300
	longestLook = time.Minute // that counts: the machine may have been suspended meanwhile
)

// looks is when a training was looked at, and what is needed for it.
type looks struct {
	every    time.Duration
	last     time.Time
	measured time.Time     // when norms were, last
	took     time.Duration // and how long that was
	step     float64       // and after which step
	buf      []float32
}

// look takes the figures of a training, once a second unless at once: it reads the statistics that
// wait on the device, so that the run's table has them, and measures gradients as often as that costs next
// to nothing.
func (l *Live) look(t *variants.Trainer, atOnce bool) error {
	now := time.Now()
	if !atOnce && now.Sub(l.looks.last) < l.looks.every {
		return nil
	}
	l.looks.last = now
	if err := t.Flush(); err != nil {
		return err
	}
	memory := memoryOf(t.Variant().Networks().Generator.Device())
	row := []float64{float64(t.Progress().GeneratorSteps), math.NaN(), math.NaN(), float64(memory.Used)}
	if now.Sub(l.looks.measured) >= sparing*l.looks.took {
		if err := l.norms(t, row[1:3]); err != nil {
			return err
		}
		l.looks.measured, l.looks.took = now, min(time.Since(now), longestLook)
	}
	epoch, _ := t.LastBatch()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Step, l.state.Total, l.state.Epoch, l.state.Memory = t.Progress().GeneratorSteps, t.TotalSteps(), epoch, &memory
	if l.state.Phase == PhaseStarting {
		l.state.Phase = PhaseTraining
	}
	if !math.IsNaN(row[1]) && (l.probe.rows() == 0 || row[0] > l.looks.step) {
		l.probe.add(row)
		l.looks.step = row[0]
	}
	return nil
}

// norms measures the lengths of the gradients that the last step took: of the critic's in its last
// iteration, and of the generator's.
func (l *Live) norms(t *variants.Trainer, dst []float64) (err error) {
	nets := t.Variant().Networks()
	if dst[0], err = l.norm(nets.Critic.Grads()); err == nil {
		dst[1], err = l.norm(nets.Generator.Grads())
	}
	return err
}

// norm returns √Σx² of a flat tensor, which passes through a small buffer.
func (l *Live) norm(x *device.Tensor) (float64, error) {
	const part = 1 << 18
	if l.looks.buf == nil {
		l.looks.buf = make([]float32, part)
	}
	sum, n := 0.0, x.Len()
	for at := 0; at < n; at += part {
		count := min(part, n-at)
		buf := l.looks.buf[:count]
		if err := x.Slice(at, device.Shape{count}).CopyTo(buf); err != nil {
			return 0, err
		}
		for _, v := range buf {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum), nil
}

// memoryOf asks a GPU, or the operating system about this process.
func memoryOf(dev device.Device) Memory {
	if gpu, ok := dev.(*device.CUDA); ok {
		if free, total, err := gpu.Memory(); err == nil {
			return Memory{"GPU", int64(total - free), int64(total)}
		}
	}
	return Memory{Device: "process", Used: process.Resident()}
}

func (l *Live) setPhase(phase string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Phase = phase
}

// State returns the figures of the last look.
func (l *Live) State() State {
	l.mu.Lock()
	s := l.state
	l.mu.Unlock()
	ended := false
	select {
	case <-l.ended:
		ended = true
	default:
	}
	switch {
	case ended:
		s.Phase = PhaseEnded
	case l.ctx.Err() != nil:
		s.Phase = PhaseStopping
	case l.paused.Load() && s.Phase == PhaseTraining:
		s.Phase = PhasePausing
	}
	return s
}
