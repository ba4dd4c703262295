package interchange

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"ganlib/config"
	"ganlib/formats/torchfile"
)

// Optimizer is the state of an optimiser of torch.optim, from its state_dict().
type Optimizer struct {
	Path   string // where it lies in the file: "optimizer"
	Err    error  // why it cannot be used; nil if it can
	Rule   string // config.Adam, config.RMSProp or config.SGD
	Steps  int
	Params int                 // parameters that it has
	State  map[string][]Tensor // for each of ganlib's names, "m" of Adam, a tensor a parameter; nil before the first step

	LearningRate, Beta1, Beta2, Rho, Eps, Momentum float64 // as far as the rule has them
}

// stateNames are PyTorch's names of an optimiser's memory, beside ganlib's.
var stateNames = map[string][][2]string{
	config.Adam:    {{"m", "exp_avg"}, {"v", "exp_avg_sq"}},
	config.RMSProp: {{"square_avg", "square_avg"}},
	config.SGD:     {{"momentum_buffer", "momentum_buffer"}},
}

func isOptimizer(d *torchfile.Dict) bool {
	groups, _ := d.Get("param_groups")
	_, ok := groups.(*torchfile.List)
	return ok && d.Dict("state") != nil
}

// parseOptimizer reads an optimiser. One that ganlib has no equal of has an Err.
func parseOptimizer(d *torchfile.Dict, path string) *Optimizer {
	o := &Optimizer{Path: path}
	if err := o.parse(d); err != nil {
		o.Err = fmt.Errorf("optimiser %q: %w", path, err)
	}
	return o
}

func (o *Optimizer) parse(d *torchfile.Dict) error {
	groups, _ := d.Get("param_groups")
	list := groups.(*torchfile.List).Items
	if len(list) != 1 {
		return fmt.Errorf("%d groups of parameters: want one", len(list))
	}
	group, ok := list[0].(*torchfile.Dict)
	if !ok {
		return errors.New("its group of parameters is no dict")
	}
	if err := o.parseGroup(group); err != nil {
		return err
	}
	params, _ := group.Get("params")
	ids, ok := params.(*torchfile.List)
	if !ok {
		return errors.New("no list of params")
	}
	o.Params = len(ids.Items)
	return o.parseState(d.Dict("state"), ids.Items)
}

// parseGroup reads the settings.
func (o *Optimizer) parseGroup(g *torchfile.Dict) error {
	has := func(key string) bool { _, ok := g.Get(key); return ok }
	switch {
	case has("betas"):
		o.Rule = config.Adam
	case has("alpha"):
		o.Rule = config.RMSProp
	case has("dampening"):
		o.Rule = config.SGD
	default:
		return errors.New("none of Adam, RMSprop and SGD")
	}
	for _, key := range []string{"amsgrad", "centered", "nesterov", "maximize", "weight_decay", "dampening"} {
		if v, ok := g.Get(key); ok && v != false && v != int64(0) && v != 0.0 && v != nil {
			return fmt.Errorf("%s is set", key)
		}
	}
	var err error
	number := func(key string) float64 {
		v, _ := g.Get(key)
		n, ok := asFloat(v)
		if !ok {
			err = errors.Join(err, fmt.Errorf("%s is no finite number", key))
		}
		return n
	}
	o.LearningRate = number("lr")
	switch o.Rule {
	case config.Adam:
		o.Eps = number("eps")
		betas, _ := g.Get("betas")
		pair, _ := betas.(torchfile.Tuple)
		if l, ok := betas.(*torchfile.List); ok {
			pair = l.Items
		}
		if len(pair) != 2 {
			return errors.New("betas: want two numbers")
		}
		var ok1, ok2 bool
		o.Beta1, ok1 = asFloat(pair[0])
		o.Beta2, ok2 = asFloat(pair[1])
		if !ok1 || !ok2 {
			return errors.New("betas: want two numbers")
		}
	case config.RMSProp:
		o.Eps, o.Rho = number("eps"), number("alpha")
		if number("momentum") != 0 {
			err = errors.Join(err, errors.New("momentum is set"))
		}
	case config.SGD:
		o.Momentum = number("momentum")
	}
	return err
}

// parseState reads the memory of each parameter, in the order of ids.
func (o *Optimizer) parseState(state *torchfile.Dict, ids []any) error {
	if state.Len() == 0 {
		return nil // no step yet, or a rule without memory
	}
	names := stateNames[o.Rule]
	o.State = map[string][]Tensor{}
	for i, id := range ids {
		memory := state.Dict(id)
		if memory == nil {
			return fmt.Errorf("no state of parameter %d", i)
		}
		steps, err := stepsOf(memory)
		switch {
		case err != nil:
			return fmt.Errorf("parameter %d: %w", i, err)
		case i > 0 && steps != o.Steps:
			return fmt.Errorf("parameter %d has taken %d steps, others %d", i, steps, o.Steps)
		}
		o.Steps = steps
		for _, name := range names {
			t := memory.Tensor(name[1])
			if t == nil {
				return fmt.Errorf("parameter %d has no %s", i, name[1])
			}
			o.State[name[0]] = append(o.State[name[0]], torchTensor(t))
		}
	}
	return nil
}

// stepsOf returns the number of steps, an int of older PyTorch or a tensor; SGD has none.
func stepsOf(memory *torchfile.Dict) (int, error) {
	step, ok := memory.Get("step")
	if !ok {
		return 0, nil
	}
	if t, isTensor := step.(*torchfile.Tensor); isTensor {
		if t.Len() != 1 {
			return 0, fmt.Errorf("step is a tensor of %d numbers", t.Len())
		}
		values, err := torchTensor(t).Values()
		if err != nil {
			return 0, err
		}
		step = float64(values[0])
	}
	n, ok := asFloat(step)
	if !ok || n < 0 || n > math.MaxInt32 || n != math.Trunc(n) {
		return 0, errors.New("step is no count")
	}
	return int(n), nil
}

// asFloat returns a finite number.
func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int64:
		return float64(v), true
	}
	return 0, false
}

// fits reports whether the optimiser is one of parameters with these shapes.
func (o *Optimizer) fits(shapes [][]int) bool {
	if o.Err != nil || o.Params != len(shapes) {
		return false
	}
	for _, tensors := range o.State {
		if !slices.EqualFunc(tensors, shapes, func(t Tensor, shape []int) bool { return slices.Equal(t.Shape, shape) }) {
			return false
		}
	}
	return true
}
