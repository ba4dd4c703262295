package presets

import (
	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// dcgan16 is the DCGAN for 16×16 images. Its discriminator ends in a linear layer of one weight; the
// sigmoid after it is part of the loss. BIAS_BEFORE_NORM keeps the biases that the batch norms make
// redundant.
func dcgan16(c config.Config) players {
	w, v := c.FeaturesGen, c.FeaturesCritic
	up, down, end := kernels.Square(4, 2, 1), kernels.Square(4, 2, 1), kernels.Square(4, 1, 0)
	bias := c.BiasBeforeNorm
	p := players{noise: device.Shape{1, 1, c.ZDim}, sample: image(c)}
	p.generator = []layers.Layer{
		layers.Named{Name: "model.0", Layer: &layers.ConvTranspose2D{In: c.ZDim, Out: 2 * w, Window: end, Bias: bias}},
		layers.Named{Name: "model.1", Layer: batchNorm(2 * w)},
		layers.ReLU(),
		layers.Named{Name: "model.3", Layer: &layers.ConvTranspose2D{In: 2 * w, Out: w, Window: up, Bias: bias}},
		layers.Named{Name: "model.4", Layer: batchNorm(w)},
		layers.ReLU(),
		layers.Named{Name: "model.6", Layer: &layers.ConvTranspose2D{In: w, Out: c.ChannelsImg, Window: up, Bias: true}},
		&layers.Tanh{},
	}
	// Without a norm in its place the second convolution keeps its bias.
	norm := criticNorm(c.CriticNorm, device.Shape{4, 4, 2 * v})
	p.critic = []layers.Layer{
		layers.Named{Name: "model.0", Layer: &layers.Conv2D{In: c.ChannelsImg, Out: v, Window: down, Bias: true}},
		leaky(),
		layers.Named{Name: "model.2", Layer: &layers.Conv2D{In: v, Out: 2 * v, Window: down, Bias: bias || norm == nil}},
	}
	if norm != nil {
		p.critic = append(p.critic, layers.Named{Name: "model.3", Layer: norm})
	}
	p.critic = append(p.critic,
		leaky(),
		layers.Named{Name: "model.5", Layer: &layers.Conv2D{In: 2 * v, Out: 1, Window: end, Bias: true}},
		&layers.Flatten{},
		layers.Named{Name: "fc.0", Layer: &layers.Linear{In: 1, Out: 1, Bias: true}},
	)
	return p
}
