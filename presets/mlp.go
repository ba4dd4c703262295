package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
)

// mlp is the pair of multilayer perceptrons for MNIST: generator z-W-2W-4W-784 with ReLU and tanh,
// critic 784-widest·V-…-2V-V-1 with leaky ReLU. The WGAN-GP critic's widest layer is 4V, the BCE
// discriminator's 2V.
func mlp(c config.Config, widest int) players {
	pixels := image(c).Len()
	p := players{noise: device.Shape{c.ZDim}, sample: image(c)}
	in, key := c.ZDim, 0
	add := func(list []layers.Layer, out int, after layers.Layer) []layers.Layer {
		list = append(list, layers.Named{Name: fmt.Sprintf("model.%d", key), Layer: &layers.Linear{In: in, Out: out, Bias: true}})
		in, key = out, key+2
		if after == nil {
			return list
		}
		return append(list, after)
	}
	for _, out := range []int{c.FeaturesGen, 2 * c.FeaturesGen, 4 * c.FeaturesGen} {
		p.generator = add(p.generator, out, layers.ReLU())
	}
	p.generator = append(add(p.generator, pixels, &layers.Tanh{}), &layers.Reshape{Shape: image(c)})

	p.critic = []layers.Layer{&layers.Flatten{}}
	in, key = pixels, 0
	for w := widest; w >= 1; w /= 2 {
		p.critic = add(p.critic, w*c.FeaturesCritic, leaky())
	}
	p.critic = add(p.critic, 1, nil)
	return p
}

// toy is the pair for points in the plane: three hidden layers of one width with ReLU in both
// networks, as in the toy experiments of the WGAN-GP paper.
func toy(c config.Config) players {
	build := func(in, width, out int) (list []layers.Layer) {
		for i, w := range []int{width, width, width, out} {
			list = append(list, layers.Named{Name: fmt.Sprintf("model.%d", 2*i), Layer: &layers.Linear{In: in, Out: w, Bias: true}})
			if i < 3 {
				list = append(list, layers.ReLU())
			}
			in = w
		}
		return list
	}
	return players{
		noise: device.Shape{c.ZDim}, sample: device.Shape{2},
		generator: build(c.ZDim, c.FeaturesGen, 2), critic: build(2, c.FeaturesCritic, 1),
	}
}
