package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// keras is the Keras-style WGAN for MNIST. The generator is z-W-2W-4W-784 with batch norm (eps 1e-3,
// momentum 0.99 for the old value, biased running variance) and leaky ReLU, without biases. The
// critic has two 5×5 convolutions of stride 2 with 'same' padding, V and 2V, and flattens pixel by
// pixel.
func keras(c config.Config) players {
	p := players{noise: device.Shape{c.ZDim}, sample: image(c)}
	in := c.ZDim
	for i, out := range []int{c.FeaturesGen, 2 * c.FeaturesGen, 4 * c.FeaturesGen} {
		p.generator = append(p.generator,
			layers.Named{Name: fmt.Sprintf("model.%d", 3*i), Layer: &layers.Linear{In: in, Out: out}},
			layers.Named{Name: fmt.Sprintf("model.%d", 3*i+1), Layer: &layers.BatchNorm{Features: out, Eps: 1e-3, Momentum: 0.01, Biased: true}},
			leaky())
		in = out
	}
	p.generator = append(p.generator,
		layers.Named{Name: "model.9", Layer: &layers.Linear{In: in, Out: image(c).Len()}},
		&layers.Tanh{},
		&layers.Reshape{Shape: image(c), Order: layers.HWC})

	size, v := c.ImageSize, c.FeaturesCritic
	half := (size + 1) / 2
	quarter := (half + 1) / 2
	p.critic = []layers.Layer{
		layers.Named{Name: "model.0", Layer: &layers.Conv2D{In: c.ChannelsImg, Out: v, Window: kernels.Same(5, 2, size, size), Bias: true}},
		leaky(),
		layers.Named{Name: "model.2", Layer: &layers.Conv2D{In: v, Out: 2 * v, Window: kernels.Same(5, 2, half, half), Bias: true}},
		leaky(),
		&layers.Flatten{Order: layers.HWC},
		layers.Named{Name: "model.5", Layer: &layers.Linear{In: quarter * quarter * 2 * v, Out: 1, Bias: true}},
	}
	return p
}
