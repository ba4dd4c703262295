package replay

import (
	"context"
	"errors"
	"fmt"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/manifest"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/variants"
)

// session is how a run is trained on from a checkpoint.
type session struct {
	run      *runs.Run
	manifest *manifest.Manifest // nil: unknown
	config   *config.Config     // of the run's file; nil: unknown
	from     runs.Checkpoint    // "" for the start
}

// open makes ready to train on.
func (s session) open(ctx context.Context, o Options, wrap func(variants.Variant) variants.Variant) (p *runner.Replay, err error) {
	var state *checkpoint.Checkpoint
	if s.from.Path == "" && s.manifest != nil && len(s.manifest.Stretches) > 0 && s.manifest.Stretches[0].Restored {
		return nil, errors.New("replay: the run began with a checkpoint of step 0 that it does not have any more")
	}
	if s.from.Path != "" {
		if state, err = checkpoint.Open(s.from.Path); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, state.Close()) }()
	}
	c, limit, err := s.settings(state)
	if err != nil {
		return nil, err
	}
	ro := runner.Options{
		Resume: s.run.Path(), Config: c, Steps: limit, Data: o.Data, MaxMemory: o.MaxMemory, Progress: o.Progress,
		Device: o.Device, Engine: o.Engine, Precision: o.Precision, Threads: o.Threads, NoGraph: wrap != nil,
	}
	s.asBefore(&ro)
	return runner.OpenReplay(ctx, ro, state, wrap)
}

// settings returns the configuration of the steps from the checkpoint on, and their limit.
func (s session) settings(state *checkpoint.Checkpoint) (config.Config, int64, error) {
	if s.manifest != nil {
		if stretch := s.manifest.At(s.from.Step); stretch != nil {
			c, err := config.FromMap(stretch.Config)
			return c, stretch.Steps, err
		}
	}
	if state != nil {
		c, err := config.FromMap(state.Config())
		if err == nil && s.config != nil {
			c.DataRoot = s.config.DataRoot // not in checkpoints
		}
		return c, 0, err
	}
	if s.config != nil {
		return *s.config, 0, nil
	}
	return config.Config{}, 0, errors.New("replay: neither configuration nor manifest nor checkpoint says how the run was made")
}

// asBefore takes the engine that the run was made with, where this machine has it and nothing else is asked for.
func (s session) asBefore(o *runner.Options) {
	was := s.machine(s.from.Step)
	if was == nil {
		return
	}
	if was.Engine == "cuda" {
		if o.Precision == "" && o.Device != "cpu" {
			o.Precision = was.Precision
		}
		o.Tuning = was.Tuning
		return
	}
	if o.Device == "" {
		o.Device = "cpu"
	}
	if o.Engine == "" && o.Device == "cpu" {
		if _, err := device.ParseEngine(was.Engine); err == nil {
			o.Engine = was.Engine
		}
	}
}

// machine returns what made a step, nil if that is unknown.
func (s session) machine(step int64) *manifest.Machine {
	if s.manifest == nil {
		return nil
	}
	if stretch := s.manifest.At(step); stretch != nil {
		return &stretch.Machine
	}
	return nil
}

// last returns where the settings that a training depends on change after the checkpoint, at most to. Learning
// rates that fall to the end depend on where that is.
func (s session) last(to int64) (int64, string) {
	if s.manifest == nil {
		return to, ""
	}
	first := s.manifest.At(s.from.Step)
	for _, next := range s.manifest.Stretches {
		if first == nil || next.From <= s.from.Step || next.From >= to || first.Config["LR_DECAY"] == "none" {
			continue
		}
		if next.Steps != first.Steps || next.Config["NUM_EPOCHS"] != first.Config["NUM_EPOCHS"] {
			return next.From, fmt.Sprintf("from step %d on the learning rates fall to another end", next.From)
		}
	}
	return to, ""
}
