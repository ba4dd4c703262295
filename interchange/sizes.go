package interchange

import (
	"fmt"

	"ganlib/config"
)

// shapes looks up a tensor's shape by its name; nil without it.
type shapes func(name string) []int

// dim returns a dimension of a tensor, 0 if there is none.
func (s shapes) dim(name string, i int) int {
	shape := s(name)
	if i >= len(shape) {
		return 0
	}
	return shape[i]
}

// maxBlocks is more blocks than the largest CatFaces network has.
const maxBlocks = 16

// sizeGenerator sets the keys that follow from a generator's tensors. What cannot be, is left for the
// comparison of all shapes to report.
func sizeGenerator(c *config.Config, networks string, s shapes) {
	switch networks {
	case config.NetCatFaces:
		blocks := 0
		for blocks < maxBlocks && s(fmt.Sprintf("gen.%d.0.weight", blocks)) != nil {
			blocks++
		}
		last := fmt.Sprintf("gen.%d.weight", blocks)
		c.ZDim, c.ImageSize = s.dim("gen.0.0.weight", 0), 4<<blocks
		c.FeaturesGen, c.ChannelsImg = s.dim(last, 0)/2, s.dim(last, 1)
	case config.NetDCGAN16:
		c.ZDim, c.FeaturesGen, c.ChannelsImg = s.dim("model.0.weight", 0), s.dim("model.6.weight", 0), s.dim("model.6.weight", 1)
		c.BiasBeforeNorm = s("model.0.bias") != nil
	case config.NetMLP, config.NetMLPBCE, config.NetKeras, config.NetToy:
		c.FeaturesGen, c.ZDim = s.dim("model.0.weight", 0), s.dim("model.0.weight", 1)
	}
}

// sizeCritic sets the keys that follow from a critic's tensors.
func sizeCritic(c *config.Config, networks string, s shapes) {
	switch networks {
	case config.NetCatFaces:
		c.FeaturesCritic = s.dim("disc.0.weight", 0)
		c.CriticNorm = normOf(s, "disc.2.1", c.CriticNorm)
	case config.NetDCGAN16:
		c.FeaturesCritic = s.dim("model.0.weight", 0)
		c.CriticNorm = normOf(s, "model.3", c.CriticNorm)
	case config.NetMLP:
		c.FeaturesCritic = s.dim("model.0.weight", 0) / 4
	case config.NetMLPBCE:
		c.FeaturesCritic = s.dim("model.0.weight", 0) / 2
	case config.NetKeras, config.NetToy:
		c.FeaturesCritic = s.dim("model.0.weight", 0)
	}
}

// normOf tells a normalisation by its tensors. Instance norm and layer norm per channel have the same; one
// that is expected is kept.
func normOf(s shapes, name, expected string) string {
	switch {
	case s(name+".weight") == nil:
		return config.NormNone
	case s(name+".running_mean") != nil:
		return config.NormBatch
	case len(s(name+".weight")) == 3:
		return config.NormLayer
	case expected == config.NormLayerChannel:
		return expected
	}
	return config.NormInstance
}
