package interchange

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
)

// ErrNoGenerator is wrapped by the error for a file without the generator that is looked for.
var ErrNoGenerator = errors.New("no such generator in the file")

// Import is a file's networks, found and compared, but not yet read.
type Import struct {
	Config    config.Config // with the sizes of the file's networks
	Generator Source
	Critic    Source // without a Dict if the file has none
	Notes     []string
}

// Source is where a network's tensors are.
type Source struct {
	Dict      *StateDict
	Prefix    string     // before the names that ganlib gives
	Optimizer *Optimizer // nil if there is none
}

// String names the place: "state_dict", "the file".
func (s Source) String() string {
	switch {
	case s.Dict == nil:
		return "nothing"
	case s.Dict.Path == "" && s.Prefix == "":
		return "the file"
	case s.Prefix == "":
		return s.Dict.Path
	}
	return strings.TrimPrefix(s.Dict.Path+"."+s.Prefix+"*", ".")
}

// Fit finds the networks of c's preset in file: a state dict that has every tensor of the generator, with or
// without a prefix to the names such as "module.", and the same for the critic, which need not be there. The
// networks' sizes (Z_DIM, IMAGE_SIZE, FEATURES_GEN, …) are taken from the tensors' shapes. An optimiser of a
// network is taken too, with its settings, if ganlib has its like and c names the same rule. Without a
// generator the error is [ErrNoGenerator] and says what was missing or of another shape. No elements are
// read.
func Fit(file *File, c config.Config) (*Import, error) {
	info, err := config.Describe(c.Preset)
	if err != nil {
		return nil, fmt.Errorf("interchange: %w", err)
	}
	im := &Import{Config: c}
	ratio := [2]int{c.FeaturesCritic, max(c.FeaturesGen, 1)}
	if im.Generator, im.Config, err = find(file, c, info.Networks, generatorOf); err != nil {
		return nil, fmt.Errorf("interchange: preset %s: %w: %w", c.Preset, ErrNoGenerator, err)
	}
	im.Config.FeaturesCritic = max(im.Config.FeaturesGen*ratio[0]/ratio[1], 1)
	critic, sized, err := find(file, im.Config, info.Networks, criticOf)
	if err == nil {
		im.Critic, im.Config = critic, sized
	} else {
		im.Notes = append(im.Notes, "no critic of the preset in the file: a new one is initialised")
	}
	return im, im.findOptimizers(file)
}

// role is one of the two networks: how its sizes follow from tensors, and which it is of a pair.
type role struct {
	size func(*config.Config, string, shapes)
	of   func(generator, critic *layers.Network) *layers.Network
}

var (
	generatorOf = role{sizeGenerator, func(g, _ *layers.Network) *layers.Network { return g }}
	criticOf    = role{sizeCritic, func(_, c *layers.Network) *layers.Network { return c }}
)

// find returns the first place in the file that has a network's tensors, and c with its sizes.
func find(file *File, c config.Config, networks string, r role) (Source, config.Config, error) {
	net, err := planned(c, r)
	if err != nil {
		return Source{}, c, err
	}
	first := net.Params()[0].Name // which no size changes
	var reasons []error
	for _, d := range file.Dicts {
		for _, prefix := range prefixes(d, first) {
			s := Source{Dict: d, Prefix: prefix}
			sized := c
			r.size(&sized, networks, s.shape)
			net, err := planned(sized, r)
			if err == nil {
				err = s.compare(net)
			}
			if err == nil {
				return s, sized, nil
			}
			reasons = append(reasons, fmt.Errorf("%v: %w", s, err))
		}
	}
	if len(reasons) == 0 {
		return Source{}, c, fmt.Errorf("%w %q", errUnknown, first)
	}
	return Source{}, c, reasons[0]
}

// planned builds a network of c without memory.
func planned(c config.Config, r role) (*layers.Network, error) {
	nets, err := presets.Networks(device.NewMeta(), c)
	if err != nil {
		return nil, err
	}
	return r.of(nets.Generator, nets.Critic), nil
}

// prefixes returns what stands before name in the names of d, the shortest first.
func prefixes(d *StateDict, name string) (list []string) {
	for _, full := range d.Names {
		if p, ok := strings.CutSuffix(full, name); ok && (p == "" || strings.HasSuffix(p, ".")) {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return list
}

func (s Source) shape(name string) []int {
	t, ok := s.Dict.Tensors[s.Prefix+name]
	if !ok {
		return nil
	}
	if t.Shape == nil {
		return []int{}
	}
	return t.Shape
}

// compare checks that the tensors of net are there, in its shapes, and no others of such names.
func (s Source) compare(net *layers.Network) error {
	known, roots := map[string]bool{}, map[string]bool{}
	for _, params := range [][]*layers.Param{net.Params(), net.Buffers()} {
		for _, p := range params {
			known[p.Name] = true
			root, _, _ := strings.Cut(p.Name, ".")
			roots[root] = true
			shape := s.shape(p.Name)
			switch want := p.TorchShape(); {
			case shape == nil && p.Role == layers.Count: // older PyTorch did not count
			case shape == nil:
				return fmt.Errorf("no tensor %q", p.Name)
			case p.Role == layers.Count && slices.Equal(shape, []int{1}):
			case !slices.Equal(shape, want):
				return fmt.Errorf("tensor %q has shape %v, want %v", p.Name, shape, want)
			}
		}
	}
	for _, full := range s.Dict.Names {
		name, ok := strings.CutPrefix(full, s.Prefix)
		root, _, _ := strings.Cut(name, ".")
		if ok && roots[root] && !known[name] {
			return fmt.Errorf("tensor %q belongs to nothing in the %s", name, net.Name())
		}
	}
	return nil
}

// findOptimizers gives each network the first optimiser that fits it.
func (im *Import) findOptimizers(file *File) error {
	nets, err := presets.Networks(device.NewMeta(), im.Config)
	if err != nil {
		return fmt.Errorf("interchange: %w", err)
	}
	taken := map[*Optimizer]bool{}
	for _, part := range []struct {
		source *Source
		net    *layers.Network
	}{{&im.Generator, nets.Generator}, {&im.Critic, nets.Critic}} {
		if part.source.Dict == nil {
			continue
		}
		var shapes [][]int
		for _, p := range part.net.Params() {
			shapes = append(shapes, p.TorchShape())
		}
		for _, o := range file.Optimizers {
			if taken[o] || !o.fits(shapes) {
				continue
			}
			taken[o] = true
			if err := im.usable(o); err != nil {
				im.Notes = append(im.Notes, fmt.Sprintf("optimiser %s is left out: %v", o.Path, err))
			} else {
				part.source.Optimizer = o
			}
			break
		}
	}
	for _, o := range file.Optimizers {
		switch {
		case o.Err != nil:
			im.Notes = append(im.Notes, o.Err.Error()+": it is left out")
		case !taken[o]:
			im.Notes = append(im.Notes, fmt.Sprintf("optimiser %s is left out: its parameters are those of neither network", o.Path))
		}
	}
	if o := im.Generator.Optimizer; o != nil {
		im.adopt(o)
	} else if o := im.Critic.Optimizer; o != nil {
		im.adopt(o)
	}
	return nil
}

// usable reports why c's optimiser cannot go on from o.
func (im *Import) usable(o *Optimizer) error {
	c := im.Config
	if c.Optimizer != o.Rule || c.OptConvention != config.ConventionPyTorch {
		return fmt.Errorf("it is %s of PyTorch, and %s trains with %s of %s (--set OPTIMIZER=%s --set OPT_CONVENTION=pytorch)", o.Rule, c.Preset, c.Optimizer, c.OptConvention, o.Rule)
	}
	trial := Import{Config: c}
	trial.adopt(o)
	return trial.Config.Validate()
}

// adopt takes the settings of o.
func (im *Import) adopt(o *Optimizer) {
	c := &im.Config
	c.LearningRate = o.LearningRate
	switch o.Rule {
	case config.Adam:
		c.Beta1, c.Beta2, c.OptEps = o.Beta1, o.Beta2, o.Eps
	case config.RMSProp:
		c.Rho, c.OptEps = o.Rho, o.Eps
	case config.SGD:
		c.Momentum = o.Momentum
	}
}
