package presets

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/variants"
)

// Networks builds the generator and the critic that c describes on dev, and initialises them by its
// INIT and SEED. A configuration that is not valid is refused before anything is built.
func Networks(dev device.Device, c config.Config) (variants.Networks, error) {
	if err := c.Validate(); err != nil {
		return variants.Networks{}, fmt.Errorf("presets: networks: %w", err)
	}
	info, err := config.Describe(c.Preset)
	if err != nil {
		return variants.Networks{}, fmt.Errorf("presets: networks: %w", err)
	}
	var p players
	switch info.Networks {
	case config.NetMLP:
		p = mlp(c, 4)
	case config.NetMLPBCE:
		p = mlp(c, 2)
	case config.NetCatFaces:
		p = catFaces(c)
	case config.NetDCGAN16:
		p = dcgan16(c)
	case config.NetKeras:
		p = keras(c)
	case config.NetToy:
		p = toy(c)
	default:
		err = fmt.Errorf("unknown networks %q", info.Networks)
	}
	if err != nil {
		return variants.Networks{}, fmt.Errorf("presets: preset %s: %w", c.Preset, err)
	}
	return p.build(dev, c)
}

// players are the layers of both networks and the shapes of what goes in.
type players struct {
	noise, sample     device.Shape
	generator, critic []layers.Layer
}

func (p players) build(dev device.Device, c config.Config) (n variants.Networks, err error) {
	if n.Generator, err = layers.NewNetwork(dev, "generator", p.noise, p.generator...); err != nil {
		return n, err
	}
	if n.Critic, err = layers.NewNetwork(dev, "critic", p.sample, p.critic...); err != nil {
		return n, err
	}
	if err := n.Validate(); err != nil {
		return n, err
	}
	for _, net := range []*layers.Network{n.Generator, n.Critic} {
		if err := net.Init(c.Init, c.Seed); err != nil {
			return n, err
		}
	}
	return n, nil
}

// leaky is the activation of every critic: slope 0.2.
func leaky() layers.Layer { return &layers.LeakyReLU{Slope: 0.2} }

// image is the shape of c's images.
func image(c config.Config) device.Shape {
	return device.Shape{c.ImageSize, c.ImageSize, c.ChannelsImg}
}
