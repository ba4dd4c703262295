package conformance_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"ganlib/device"
	"ganlib/losses"
	"ganlib/optim"
)

// goldenObjective returns the objective whose losses a case names <name>.critic and <name>.generator.
func goldenObjective(name string) (losses.Objective, error) {
	switch name {
	case "bce":
		return losses.BCEObjective(false), nil
	case "wasserstein":
		return losses.WassersteinObjective(), nil
	case "hinge":
		return losses.HingeObjective(), nil
	case "least_squares":
		return losses.LeastSquaresObjective(losses.LSGAN())
	}
	return losses.Objective{}, fmt.Errorf("unknown loss %q", name)
}

// goldenLoss computes losses and their gradients.
func goldenLoss(r *goldenRun) error {
	var f struct {
		goldenHeader
		Losses []string `json:"losses"`
	}
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	real, err := r.input("real")
	if err != nil {
		return err
	}
	fake, err := r.input("fake")
	if err != nil {
		return err
	}
	for _, full := range f.Losses {
		name, player, _ := strings.Cut(full, ".")
		o, err := goldenObjective(name)
		if err != nil {
			return err
		}
		loss, dReal, dFake := r.ws.New(device.Shape{1}), r.ws.New(real.Shape()), r.ws.New(fake.Shape())
		switch player {
		case "critic":
			err = o.Critic(loss, dReal, dFake, real, fake)
		case "generator":
			dReal = nil // a generator's loss does not depend on real scores
			err = o.Generator(loss, dFake, fake)
		default:
			err = fmt.Errorf("unknown loss %q", full)
		}
		if err != nil {
			return err
		}
		for _, output := range []struct {
			name string
			t    *device.Tensor
		}{{full, loss}, {full + ".dreal", dReal}, {full + ".dfake", dFake}} {
			if err := r.compare(output.name, output.t); err != nil {
				return err
			}
		}
	}
	return nil
}

// goldenOptim returns the settings that a case describes.
func goldenOptim(spec json.RawMessage) (optim.Config, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(spec, &kind); err != nil {
		return nil, err
	}
	switch kind.Type {
	case "adam":
		var f struct {
			Type  string  `json:"type"`
			Rate  float64 `json:"lr"`
			Beta1 float64 `json:"beta1"`
			Beta2 float64 `json:"beta2"`
			Eps   float64 `json:"eps"`
		}
		err := decodeExact(spec, &f)
		return optim.AdamConfig{LearningRate: f.Rate, Beta1: f.Beta1, Beta2: f.Beta2, Eps: f.Eps, Convention: optim.PyTorch}, err
	case "rmsprop":
		var f struct {
			Type  string  `json:"type"`
			Rate  float64 `json:"lr"`
			Alpha float64 `json:"alpha"`
			Eps   float64 `json:"eps"`
		}
		err := decodeExact(spec, &f)
		return optim.RMSPropConfig{LearningRate: f.Rate, Rho: f.Alpha, Eps: f.Eps, Convention: optim.PyTorch}, err
	}
	return nil, fmt.Errorf("unknown optimizer type %q", kind.Type)
}

// goldenOptimizer follows a parameter through the steps of an optimiser.
func goldenOptimizer(r *goldenRun) error {
	var f struct {
		goldenHeader
		Optimizer json.RawMessage `json:"optimizer"`
		Steps     int             `json:"steps"`
	}
	if err := decodeExact(r.raw, &f); err != nil {
		return err
	}
	config, err := goldenOptim(f.Optimizer)
	if err != nil {
		return err
	}
	param, err := r.input("param")
	if err != nil {
		return err
	}
	start, err := param.Float32s()
	if err != nil {
		return err
	}
	grad, err := r.dev.New(param.Shape())
	if err != nil {
		return err
	}
	o, err := config.New(param, grad)
	if err != nil {
		return err
	}
	update, err := r.dev.New(param.Shape())
	if err != nil {
		return err
	}
	for step := range f.Steps {
		g, err := r.input(fmt.Sprintf("step.%d.grad", step))
		if err != nil {
			return err
		}
		values, err := g.Float32s()
		if err != nil {
			return err
		}
		if err := grad.CopyFrom(values); err != nil {
			return err
		}
		if err := o.Step(); err != nil {
			return err
		}
		now, err := param.Float32s()
		if err != nil {
			return err
		}
		for i := range now {
			now[i] -= start[i]
		}
		if err := update.CopyFrom(now); err != nil {
			return err
		}
		if err := r.compare(fmt.Sprintf("step.%d.update", step), update); err != nil {
			return err
		}
	}
	return nil
}
