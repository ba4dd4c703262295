package conformance_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/variants"
	_ "ganlib/variants/all"
)

// goldenReplay gives a step the samples and random numbers that a case recorded for it.
type goldenReplay struct {
	r      *goldenRun
	prefix string // step.<k>.critic.<j> or step.<k>.generator
}

func (g goldenReplay) replay(dst *device.Tensor, name string) error {
	src, err := g.r.input(g.prefix + "." + name)
	if err != nil {
		return err
	}
	return kernels.Copy(dst, src)
}

func (g goldenReplay) Real(dst *device.Tensor) error  { return g.replay(dst, "real") }
func (g goldenReplay) Noise(dst *device.Tensor) error { return g.replay(dst, "z") }
func (g goldenReplay) Alpha(dst *device.Tensor) error { return g.replay(dst, "alpha") }

// goldenTraining follows a whole training: losses and penalties of every step, the change of every
// parameter, final buffers, and samples at the end.
func goldenTraining(r *goldenRun) error {
	var f struct {
		goldenHeader
		Variant            string            `json:"variant"`
		Generator          []json.RawMessage `json:"generator"`
		Critic             []json.RawMessage `json:"critic"`
		Batch              int               `json:"batch"`
		Steps              int               `json:"steps"`
		CriticIterations   int               `json:"critic_iterations"`
		GeneratorOptimizer json.RawMessage   `json:"generator_optimizer"`
		CriticOptimizer    json.RawMessage   `json:"critic_optimizer"`
		Lambda             *float64          `json:"lambda,omitempty"`
		Clip               *float64          `json:"clip,omitempty"`
	}
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	settings := variants.Settings{CriticSteps: f.CriticIterations}
	if (f.Lambda != nil) != (f.Variant == "wgan-gp") || (f.Clip != nil) != (f.Variant == "wgan-clip") {
		return fmt.Errorf("variant %s: lambda is for wgan-gp, clip for wgan-clip", f.Variant)
	}
	if f.Lambda != nil {
		settings.Lambda, settings.Target = *f.Lambda, 1
	}
	if f.Clip != nil {
		settings.Clip = *f.Clip
	}
	var err error
	if settings.GeneratorOptimizer, err = goldenOptim(f.GeneratorOptimizer); err != nil {
		return err
	}
	if settings.CriticOptimizer, err = goldenOptim(f.CriticOptimizer); err != nil {
		return err
	}
	z, err := r.input("sample.z")
	if err != nil {
		return err
	}
	real, err := r.input("step.0.critic.0.real")
	if err != nil {
		return err
	}
	var nets variants.Networks
	if nets.Generator, err = goldenNetwork(r, "generator.", z.Shape().Sample(), f.Generator); err != nil {
		return err
	}
	if nets.Critic, err = goldenNetwork(r, "critic.", real.Shape().Sample(), f.Critic); err != nil {
		return err
	}
	v, err := variants.New(f.Variant, nets, settings)
	if err != nil {
		return err
	}
	players := []struct {
		prefix string
		net    *layers.Network
		start  map[string][]float32
	}{{"generator.", nets.Generator, map[string][]float32{}}, {"critic.", nets.Critic, map[string][]float32{}}}
	for _, p := range players {
		for _, q := range p.net.Params() {
			if p.start[q.Name], err = q.Torch(); err != nil {
				return err
			}
		}
	}
	for k := range f.Steps {
		for j := range f.CriticIterations {
			prefix := fmt.Sprintf("step.%d.critic.%d", k, j)
			s := variants.Step{N: f.Batch, Source: goldenReplay{r, prefix}, Loss: r.ws.New(device.Shape{1}), Penalty: r.ws.New(device.Shape{1})}
			if err := v.CriticStep(&s); err != nil {
				return err
			}
			if err := r.compare(prefix+".loss", s.Loss); err != nil {
				return err
			}
			if f.Variant != "wgan-gp" {
				continue
			}
			if err := r.compare(prefix+".penalty", s.Penalty); err != nil {
				return err
			}
		}
		prefix := fmt.Sprintf("step.%d.generator", k)
		s := variants.Step{N: f.Batch, Source: goldenReplay{r, prefix}, Loss: r.ws.New(device.Shape{1})}
		if err := v.GeneratorStep(&s); err != nil {
			return err
		}
		if err := r.compare(prefix+".loss", s.Loss); err != nil {
			return err
		}
	}
	for _, p := range players {
		if err := compareUpdates(r, p.prefix, p.net, p.start); err != nil {
			return err
		}
	}
	image, err := variants.Generate(nets.Generator, r.ws, z)
	if err != nil {
		return err
	}
	return r.compare("sample.image", image)
}

// compareUpdates compares what training changed in a network. Cases leave out parameters whose true
// gradient is zero, such as biases before batch norm: they move by rounding errors alone.
func compareUpdates(r *goldenRun, prefix string, net *layers.Network, start map[string][]float32) error {
	for _, p := range net.Params() {
		name := "update." + prefix + p.Name
		if _, expected := r.Bounds[name]; !expected {
			continue
		}
		update, err := p.Torch()
		if err != nil {
			return err
		}
		for i := range update {
			update[i] -= start[p.Name][i]
		}
		r.compareValues(name, goldenTensor{p.TorchShape(), update})
	}
	for _, p := range net.Buffers() {
		if p.Role == layers.Count {
			continue
		}
		if err := compareParam(r, p, p.Value, "final."+prefix+strings.Replace(p.Name, "param", "buffer", 1)); err != nil {
			return err
		}
	}
	return nil
}
