package presets_test

import (
	"testing"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/layers/layertest"
	"ganlib/presets"
)

// TestPasses checks the four passes of every preset's networks, narrow but of full depth, on two
// samples. Presets with the same networks are checked once.
func TestPasses(t *testing.T) {
	for _, name := range []string{"mnist-mlp-wgangp", "mnist-mlp-bce", "dcgan16", "keras-wgan", "catfaces", "toy-8gaussians"} {
		build := func(dev device.Device) (generator, critic *layers.Network, err error) {
			c, err := config.Resolve(config.Sources{Preset: name, Sets: []string{"FEATURES_CRITIC=3", "FEATURES_GEN=2", "Z_DIM=5"}})
			if err != nil {
				return nil, nil, err
			}
			n, err := presets.Networks(dev, c)
			return n.Generator, n.Critic, err
		}
		layertest.Run(t, name+" generator", func(dev device.Device) (*layers.Network, error) {
			net, _, err := build(dev)
			return net, err
		}, 2)
		layertest.Run(t, name+" critic", func(dev device.Device) (*layers.Network, error) {
			_, net, err := build(dev)
			return net, err
		}, 2)
	}
}
