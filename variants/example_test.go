package variants_test

import (
	"context"
	"fmt"
	"log"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/variants"
	"ganlib/variants/wgangp"
)

// Two small networks learn eight Gaussians for a few steps.
func Example() {
	dev := device.NewCPU(0)
	defer dev.Close()
	mlp := func(name string, in, out int) *layers.Network {
		net, err := layers.NewNetwork(dev, name, device.Shape{in},
			&layers.Linear{In: in, Out: 16, Bias: true}, layers.ReLU(), &layers.Linear{In: 16, Out: out, Bias: true})
		if err == nil {
			err = net.Init("pytorch", 1)
		}
		if err != nil {
			log.Fatal(err)
		}
		return net
	}
	v, err := wgangp.New(variants.Networks{Generator: mlp("generator", 2, 2), Critic: mlp("critic", 2, 1)}, wgangp.Defaults())
	if err != nil {
		log.Fatal(err)
	}
	data, err := variants.Points(dev, datasets.EightGaussians(1, 256).XY, 2)
	if err != nil {
		log.Fatal(err)
	}
	progress := variants.Hook{Name: "progress", Epoch: func(t *variants.Trainer) error {
		epoch, _ := t.LastBatch()
		p := t.Progress()
		fmt.Printf("epoch %d: %d generator steps, %d critic steps, %d passes over the data\n", epoch, p.GeneratorSteps, p.CriticSteps, p.Data.Pass)
		return nil
	}}
	t, err := variants.NewTrainer(v, data, variants.Config{Seed: 1, Batch: 64, Epochs: 2, Shuffle: true}, progress)
	if err != nil {
		log.Fatal(err)
	}
	if err := t.Run(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// epoch 0: 4 generator steps, 20 critic steps, 5 passes over the data
	// epoch 1: 8 generator steps, 40 critic steps, 10 passes over the data
}
