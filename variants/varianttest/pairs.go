package varianttest

import (
	"fmt"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/variants"
)

// pair is two networks and data for them.
type pair struct {
	name              string
	noise, sample     device.Shape
	generator, critic func() []layers.Layer
	batch             int
	set               func() (*datasets.Set, error) // nil for vectors
}

// pairs returns the small pairs. Their data are four full batches and one sample.
func pairs() []pair {
	image := device.Shape{8, 8, 3}
	conv := pair{name: "convolutions", noise: device.Shape{1, 1, 4}, sample: image, batch: 4, set: func() (*datasets.Set, error) {
		return datasets.NewSet("drawn", image[0], image[1], image[2], drawnBytes(17*image.Len()))
	}}
	conv.generator = func() []layers.Layer {
		return []layers.Layer{
			&layers.ConvTranspose2D{In: 4, Out: 6, Window: kernels.Square(4, 1, 0)},
			&layers.BatchNorm{Features: 6, Eps: 1e-5, Momentum: 0.1}, layers.ReLU(),
			&layers.ConvTranspose2D{In: 6, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.Tanh{},
		}
	}
	critic := func(norm func() layers.Layer) func() []layers.Layer {
		return func() []layers.Layer {
			return []layers.Layer{
				&layers.Conv2D{In: 3, Out: 4, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2},
				&layers.Conv2D{In: 4, Out: 6, Window: kernels.Square(3, 1, 1)}, norm(), &layers.LeakyReLU{Slope: 0.2},
				&layers.Conv2D{In: 6, Out: 1, Window: kernels.Square(4, 2, 0), Bias: true},
			}
		}
	}
	conv.critic = critic(func() layers.Layer { return &layers.InstanceNorm{Features: 6, Eps: 1e-5, Affine: true} })
	mixing := conv
	mixing.name = "batch norm in the critic"
	mixing.critic = critic(func() layers.Layer { return &layers.BatchNorm{Features: 6, Eps: 1e-5, Momentum: 0.1} })
	return []pair{conv, mixing, linearPair("linear layers", 5, 12, 7, 4)}
}

// widePair is large enough for two workers to share its layers' elementwise work and products.
func widePair() pair { return linearPair("wide layers", 6, 544, 5, 32) }

// linearPair returns a pair for vectors.
func linearPair(name string, noise, hidden, sample, batch int) pair {
	list := func(in, out int) []layers.Layer {
		return []layers.Layer{
			&layers.Linear{In: in, Out: hidden, Bias: true}, &layers.LeakyReLU{Slope: 0.2},
			&layers.Linear{In: hidden, Out: out, Bias: true},
		}
	}
	return pair{
		name: name, noise: device.Shape{noise}, sample: device.Shape{sample}, batch: batch,
		generator: func() []layers.Layer { return append(list(noise, sample), &layers.Tanh{}) },
		critic:    func() []layers.Layer { return list(sample, 1) },
	}
}

// networks builds and initialises the pair on dev.
func (p pair) networks(dev device.Device) (n variants.Networks, err error) {
	if n.Generator, err = layers.NewNetwork(dev, "generator", p.noise, p.generator()...); err != nil {
		return n, err
	}
	if n.Critic, err = layers.NewNetwork(dev, "critic", p.sample, p.critic()...); err != nil {
		return n, err
	}
	if err := n.Generator.Init("pytorch", 1); err != nil {
		return n, err
	}
	return n, n.Critic.Init("pytorch", 1)
}

// data puts the pair's data on dev.
func (p pair) data(dev device.Device) (variants.Samples, error) {
	if p.set == nil {
		length := p.sample.Len()
		values := make([]float32, ((batches-1)*p.batch+1)*length)
		for i, b := range drawnBytes(len(values)) {
			values[i] = float32(b)/127.5 - 1
		}
		return variants.Points(dev, values, length)
	}
	set, err := p.set()
	if err != nil {
		return nil, err
	}
	return variants.Images(dev, set, -1, 1)
}

// drawnBytes returns n random bytes, always the same.
func drawnBytes(n int) []byte {
	r := device.Random{Seed: 1, Stream: device.Stream("varianttest: data")}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(256 * r.Uniform(i))
	}
	return data
}

// checkRefusals checks that networks that do not fit are an error.
func checkRefusals(open variants.Open) error {
	dev := device.NewMeta()
	a, err := pairs()[0].networks(dev)
	if err != nil {
		return err
	}
	b, err := pairs()[2].networks(dev)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what string
		nets variants.Networks
	}{
		{"no networks", variants.Networks{}},
		{"a critic of other samples than the generator's", variants.Networks{Generator: a.Generator, Critic: b.Critic}},
		{"a generator for a critic", variants.Networks{Generator: a.Generator, Critic: a.Generator}},
	} {
		if _, err := open(c.nets, Settings()); err == nil {
			return fmt.Errorf("opened with %s: no error", c.what)
		}
	}
	return nil
}
