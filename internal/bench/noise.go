package bench

import (
	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/variants"
)

// noiseBatches is how many batches of noise there are.
const noiseBatches = 16

// noiseBytes returns the bytes that they take on a GPU.
func noiseBytes(c config.Config) int {
	if c.ImageSize == 0 {
		return 8 * noiseBatches * c.BatchSize
	}
	return noiseBatches * c.BatchSize * c.ImageSize * c.ImageSize * c.ChannelsImg
}

// Trainer returns a training of c on noise.
func Trainer(dev device.Device, c config.Config) (*variants.Trainer, error) {
	nets, err := presets.Networks(dev, c)
	if err != nil {
		return nil, err
	}
	v, err := presets.Variant(nets, c)
	if err != nil {
		return nil, err
	}
	data, err := Noise(dev, c)
	if err != nil {
		return nil, err
	}
	return variants.NewTrainer(v, data, presets.Trainer(c, 0))
}

// Noise returns 16 batches of random samples for c's networks: bytes as pixels, or the points of a toy
// set.
func Noise(dev device.Device, c config.Config) (variants.Samples, error) {
	n := noiseBatches * c.BatchSize
	if c.ImageSize == 0 {
		return variants.Points(dev, datasets.EightGaussians(1, n).XY, 2)
	}
	pix := make([]byte, n*c.ImageSize*c.ImageSize*c.ChannelsImg)
	for i := 0; i < len(pix); i += 4 {
		for j, w := range (device.Random{Seed: 1, Stream: device.Stream("bench: noise")}).Words(uint32(i / 4)) {
			pix[i+j] = byte(w)
		}
	}
	set, err := datasets.NewSet("noise", c.ImageSize, c.ImageSize, c.ChannelsImg, pix)
	if err != nil {
		return nil, err
	}
	return variants.Images(dev, set, -1, 1)
}
