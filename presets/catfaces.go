package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// catFaces is the CatFaces WGAN-GP for S×S images, S = 2^k and k ≥ 4, of C channels; f is a
// network's features. The generator goes from z (1×1) by transposed convolutions of widths
// f·S/4 … 2f, C to 4×4, 8×8, …, S×S; the critic by convolutions of widths f … f·S/8, 1 from S×S to
// 4×4 and a score. Block convolutions have no bias. Names are those of the tutorial's state dicts.
func catFaces(c config.Config) players {
	return players{
		noise: device.Shape{1, 1, c.ZDim}, sample: image(c),
		generator: catFacesGenerator(c.ImageSize, c.ZDim, c.FeaturesGen, c.ChannelsImg),
		critic:    catFacesCritic(c.ImageSize, c.FeaturesCritic, c.ChannelsImg, c.CriticNorm),
	}
}

func catFacesGenerator(size, z, f, channels int) (list []layers.Layer) {
	in, window := z, kernels.Square(4, 1, 0)
	block := 0
	for out := f * size / 4; out >= 2*f; out /= 2 {
		name := fmt.Sprintf("gen.%d", block)
		list = append(list,
			layers.Named{Name: name + ".0", Layer: &layers.ConvTranspose2D{In: in, Out: out, Window: window}},
			layers.Named{Name: name + ".1", Layer: batchNorm(out)},
			layers.ReLU())
		in, window = out, kernels.Square(4, 2, 1)
		block++
	}
	return append(list,
		layers.Named{Name: fmt.Sprintf("gen.%d", block), Layer: &layers.ConvTranspose2D{In: in, Out: channels, Window: window, Bias: true}},
		&layers.Tanh{})
}

func catFacesCritic(size, f, channels int, norm string) []layers.Layer {
	window := kernels.Square(4, 2, 1)
	list := []layers.Layer{
		layers.Named{Name: "disc.0", Layer: &layers.Conv2D{In: channels, Out: f, Window: window, Bias: true}},
		leaky(),
	}
	block := 2 // in the tutorial's list the activation before is number 1
	width := f
	for side := size / 4; side >= 4; side /= 2 {
		name := fmt.Sprintf("disc.%d", block)
		list = append(list, layers.Named{Name: name + ".0", Layer: &layers.Conv2D{In: width, Out: 2 * width, Window: window}})
		width *= 2
		if n := criticNorm(norm, device.Shape{side, side, width}); n != nil {
			list = append(list, layers.Named{Name: name + ".1", Layer: n})
		}
		list = append(list, leaky())
		block++
	}
	return append(list, layers.Named{Name: fmt.Sprintf("disc.%d", block), Layer: &layers.Conv2D{In: width, Out: 1, Window: kernels.Square(4, 2, 0), Bias: true}})
}

// criticNorm returns the normalisation of that name for maps of the given shape, nil for none.
func criticNorm(name string, shape device.Shape) layers.Layer {
	switch name {
	case config.NormInstance:
		return &layers.InstanceNorm{Features: shape.Last(), Eps: 1e-5, Affine: true}
	case config.NormLayer:
		return &layers.LayerNorm{Shape: shape, Eps: 1e-5}
	case config.NormLayerChannel:
		return &layers.LayerNorm{Shape: shape, PerChannel: true, Eps: 1e-5}
	case config.NormBatch:
		return batchNorm(shape.Last())
	}
	return nil
}

// batchNorm has PyTorch's settings.
func batchNorm(features int) layers.Layer {
	return &layers.BatchNorm{Features: features, Eps: 1e-5, Momentum: 0.1}
}
