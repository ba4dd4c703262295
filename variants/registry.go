package variants

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"ganlib/losses"
	"ganlib/optim"
)

// ErrUnknown reports a name that no variant is registered under.
var ErrUnknown = errors.New("unknown variant")

// Settings are what a configuration says about the algorithm; each variant takes what concerns it.
// Programs that import a variant use its own Config instead.
type Settings struct {
	CriticSteps                         int
	GeneratorOptimizer, CriticOptimizer optim.Config
	ReuseFake                           bool // the generator step takes the last critic step's fakes
	EvalFakes                           bool // the critic's fakes come from the generator in evaluation mode

	Lambda, Target, PenaltyEps float64 // gradient penalty
	OneSided, PerPixel         bool
	ForcePenalty               bool // penalise also critics that mix samples

	Clip         float64 // weight clipping
	LeastSquares bool    // the losses of Targets instead of the Wasserstein loss
	SplitStep    bool    // one optimiser step on real samples, then one on fakes
	Targets      losses.LeastSquaresTargets

	Saturating  bool // the generator minimises log(1−D)
	Probability bool // BCE on probabilities, logarithms clamped at −100
}

// Open makes a variant for networks from settings.
type Open func(n Networks, s Settings) (Variant, error)

var registry struct {
	sync.Mutex
	open map[string]Open
}

// Register makes a variant known by name, from the init function of its package. It panics if the
// name is empty or taken, or open is nil.
func Register(name string, open Open) {
	registry.Lock()
	defer registry.Unlock()
	if name == "" || open == nil {
		panic("variants: Register with an empty name or a nil function")
	}
	if _, taken := registry.open[name]; taken {
		panic("variants: Register called twice for " + name)
	}
	if registry.open == nil {
		registry.open = map[string]Open{}
	}
	registry.open[name] = open
}

// Names returns the registered names in alphabetical order.
func Names() []string {
	registry.Lock()
	defer registry.Unlock()
	return slices.Sorted(maps.Keys(registry.open))
}

// New makes the variant registered under name. An unregistered name is ErrUnknown.
func New(name string, n Networks, s Settings) (Variant, error) {
	registry.Lock()
	open := registry.open[name]
	registry.Unlock()
	if open == nil {
		return nil, fmt.Errorf("variants: %w %q: want one of %v", ErrUnknown, name, Names())
	}
	return open(n, s)
}
