package layertest_test

import (
	"testing"

	"ganlib/device"
	"ganlib/layers"
	"ganlib/layers/layertest"
)

// A package with a layer of its own has a test such as this one.
func Example() {
	_ = func(t *testing.T) {
		layertest.Run(t, "linear", func(dev device.Device) (*layers.Network, error) {
			return layers.NewNetwork(dev, "net", device.Shape{3}, &layers.Linear{In: 3, Out: 2, Bias: true})
		}, 4)
	}
}
