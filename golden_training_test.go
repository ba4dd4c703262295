package ganlib_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/optim"
	"ganlib/variants"
	"ganlib/variants/ganbce"
	"ganlib/variants/wganclip"
	"ganlib/variants/wgangp"
)

// goldenTraining follows a whole training run from the same weights, noise, interpolation places and
// batches as PyTorch's.
func goldenTraining(r *goldenRun) error {
	var f goldenTrainingCase
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	noise, err := r.input("sample.z")
	if err != nil {
		return err
	}
	real, err := r.input("step.0.critic.0.real")
	if err != nil {
		return err
	}
	generator, err := goldenNetwork(r, "generator.", noise.Shape().Sample(), f.Generator)
	if err != nil {
		return fmt.Errorf("generator: %w", err)
	}
	critic, err := goldenNetwork(r, "critic.", real.Shape().Sample(), f.Critic)
	if err != nil {
		return fmt.Errorf("critic: %w", err)
	}
	v, err := f.open(variants.Networks{Generator: generator, Critic: critic})
	if err != nil {
		return err
	}
	starts := map[*layers.Param][]float32{}
	for _, net := range []*layers.Network{generator, critic} {
		for _, p := range net.Params() {
			if starts[p], err = p.Torch(); err != nil {
				return err
			}
		}
	}
	if err := f.play(r, v); err != nil {
		return err
	}
	for prefix, net := range map[string]*layers.Network{"generator": generator, "critic": critic} {
		if err := compareTrained(r, prefix, net, starts); err != nil {
			return err
		}
	}
	image, err := variants.Generate(generator, r.ws, noise)
	if err != nil {
		return err
	}
	return r.compare("sample.image", image)
}

// goldenTrainingCase are the fields of a training case.
type goldenTrainingCase struct {
	goldenHeader
	Variant            string            `json:"variant"`
	Generator          []json.RawMessage `json:"generator"`
	Critic             []json.RawMessage `json:"critic"`
	Batch              int               `json:"batch"`
	Steps              int               `json:"steps"`
	CriticIterations   int               `json:"critic_iterations"`
	GeneratorOptimizer json.RawMessage   `json:"generator_optimizer"`
	CriticOptimizer    json.RawMessage   `json:"critic_optimizer"`
	Lambda             float64           `json:"lambda,omitempty"`
	Clip               float64           `json:"clip,omitempty"`
}

// open makes the case's variant.
func (f goldenTrainingCase) open(n variants.Networks) (variants.Variant, error) {
	var configs [2]optim.Config
	for i, raw := range []json.RawMessage{f.GeneratorOptimizer, f.CriticOptimizer} {
		c, err := goldenOptim(raw)
		if err != nil {
			return nil, err
		}
		configs[i] = c
	}
	switch f.Variant {
	case wgangp.Name:
		c := wgangp.Defaults()
		c.Penalty.Lambda, c.NCritic, c.Generator, c.Critic = f.Lambda, f.CriticIterations, configs[0], configs[1]
		return wgangp.New(n, c)
	case wganclip.Name:
		c := wganclip.Defaults()
		c.Clip, c.NCritic, c.Generator, c.Critic = f.Clip, f.CriticIterations, configs[0], configs[1]
		return wganclip.New(n, c)
	case ganbce.Name:
		c := ganbce.Defaults()
		c.NCritic, c.Generator, c.Critic, c.ReuseFake = f.CriticIterations, configs[0], configs[1], false
		return ganbce.New(n, c)
	}
	return nil, fmt.Errorf("unknown variant %q", f.Variant)
}

// play makes the case's steps and compares their losses.
func (f goldenTrainingCase) play(r *goldenRun, v variants.Variant) error {
	one := device.Shape{1}
	loss, err := r.dev.New(one)
	if err != nil {
		return err
	}
	penalty, err := r.dev.New(one)
	if err != nil {
		return err
	}
	for k := range f.Steps {
		for j := range f.CriticIterations {
			name := fmt.Sprintf("step.%d.critic.%d", k, j)
			if err := v.CriticStep(&variants.Step{N: f.Batch, Source: goldenSource{r, name}, Loss: loss, Penalty: penalty}); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := r.compare(name+".loss", loss); err != nil {
				return err
			}
			if f.Variant == wgangp.Name {
				if err := r.compare(name+".penalty", penalty); err != nil {
					return err
				}
			}
		}
		name := fmt.Sprintf("step.%d.generator", k)
		if err := v.GeneratorStep(&variants.Step{N: f.Batch, Source: goldenSource{r, name}, Loss: loss}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := r.compare(name+".loss", loss); err != nil {
			return err
		}
	}
	return nil
}

// compareTrained compares how far the parameters went, and the buffers.
func compareTrained(r *goldenRun, prefix string, net *layers.Network, starts map[*layers.Param][]float32) error {
	for _, p := range net.Params() {
		values, err := p.Torch()
		if err != nil {
			return err
		}
		for i, start := range starts[p] {
			values[i] -= start
		}
		r.compareValues("update."+prefix+"."+p.Name, goldenTensor{p.TorchShape(), values})
	}
	for _, p := range net.Buffers() {
		if p.Role == layers.Count {
			continue
		}
		values, err := p.Torch()
		if err != nil {
			return err
		}
		r.compareValues("final."+prefix+"."+bufferName(p), goldenTensor{p.TorchShape(), values})
	}
	return nil
}

// goldenSource replays the inputs of one step.
type goldenSource struct {
	r    *goldenRun
	step string
}

func (s goldenSource) Real(dst *device.Tensor) error  { return s.copy(dst, "real") }
func (s goldenSource) Noise(dst *device.Tensor) error { return s.copy(dst, "z") }
func (s goldenSource) Alpha(dst *device.Tensor) error { return s.copy(dst, "alpha") }

func (s goldenSource) copy(dst *device.Tensor, name string) error {
	t, err := s.r.input(s.step + "." + name)
	if err != nil {
		return err
	}
	if got, want := strings.Trim(t.Shape().String(), "()"), strings.Trim(dst.Shape().String(), "()"); !strings.HasPrefix(got, want) || t.Len() != dst.Len() {
		return fmt.Errorf("%s.%s: shape %v in the case, %v in the step", s.step, name, t.Shape(), dst.Shape())
	}
	values, err := t.Float32s()
	if err != nil {
		return err
	}
	return dst.CopyFrom(values)
}
