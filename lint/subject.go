package lint

import (
	"errors"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// subject is a configuration with what the rules ask about it.
type subject struct {
	config.Config
	preset   config.Config     // the preset's own
	info     config.Info       // of the preset
	texts    map[string]string // the values, by key
	problems []config.Problem  // that [config.Config.Validate] finds
	nets     variants.Networks // nil where they cannot be built
	images   int               // 0: not known
}

func newSubject(c config.Config, f Facts) *subject {
	s := &subject{Config: c, texts: config.Map(c), nets: f.Networks, images: f.Images}
	s.preset, _ = config.Preset(c.Preset) // an unknown one is a problem of the configuration
	s.info, _ = config.Describe(c.Preset)
	var invalid *config.Error
	if errors.As(c.Validate(), &invalid) {
		s.problems = invalid.Problems
	} else if s.nets.Generator == nil {
		s.nets, _ = presets.Networks(device.NewMeta(), c)
	}
	if s.images == 0 {
		s.images = c.DataSize
	}
	return s
}

// refused reports whether the configuration is not valid because of a key.
func (s *subject) refused(key string) bool { return s.problem(key) != "" }

// problem returns what is wrong with a key's value.
func (s *subject) problem(key string) string {
	for _, p := range s.problems {
		if p.Key == key {
			return p.Detail
		}
	}
	return ""
}

// wasserstein reports whether the critic's loss is the Wasserstein distance's.
func (s *subject) wasserstein() bool {
	return s.Variant == config.VariantGP || s.Variant == config.VariantClip
}

// penalised reports whether the critic has a gradient penalty.
func (s *subject) penalised() bool { return s.Variant == config.VariantGP && s.LambdaGP > 0 }

// criticMixes reports whether a sample's score depends on its batch.
func (s *subject) criticMixes() bool {
	if s.nets.Critic != nil {
		return s.nets.Critic.MixesSamples()
	}
	return s.CriticNorm == config.NormBatch
}

// batchNorm reports whether one of the networks has a batch norm.
func (s *subject) batchNorm() bool {
	for _, n := range []*layers.Network{s.nets.Generator, s.nets.Critic} {
		if n != nil && n.MixesSamples() {
			return true
		}
	}
	return false
}

// ends reports whether the last layer of a network that computes anything is of type L.
func ends[L layers.Layer](n *layers.Network) bool {
	if n == nil {
		return false
	}
	list := n.Layers()
	for i := len(list) - 1; i >= 0; i-- {
		switch list[i].(type) {
		case *layers.Reshape, *layers.Flatten:
			continue
		}
		_, is := list[i].(L)
		return is
	}
	return false
}

// off reports whether v is ten times as large as want, or more, or as small.
func off(v, want float64) bool {
	const ten = 10 * (1 - 1e-9) // 0.001 is ten times 0.0001
	return want > 0 && (v >= ten*want || v*ten <= want)
}
