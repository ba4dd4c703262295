// Train trains a WGAN-GP on a program's own images with a program's own layer, and writes a grid of
// samples:
//
//	go run . -steps 200 -out rings.png
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"log"
	"os"
	"os/signal"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
	"ganlib/report"
	"ganlib/runs"
	"ganlib/sampler"
	"ganlib/variants"
	"ganlib/variants/wgangp"
)

func main() {
	steps := flag.Int64("steps", 200, "generator steps")
	out := flag.String("out", "rings.png", "picture to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *steps, *out); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, steps int64, out string) error {
	dev := device.NewCPU(0)
	defer dev.Close()

	// Data: anything with the methods of datasets.Images.
	set, err := datasets.Load(ctx, rings{}, datasets.LoadOptions{})
	if err != nil {
		return err
	}
	data, err := variants.Images(dev, set, -1, 1)
	if err != nil {
		return err
	}

	nets, err := networks(dev)
	if err != nil {
		return err
	}
	v, err := wgangp.New(nets, wgangp.Defaults())
	if err != nil {
		return err
	}
	trainer, err := variants.NewTrainer(v, data, variants.Config{
		Seed: 1, Batch: 32, Epochs: 1000, Steps: steps, Shuffle: true,
	}, variants.Hook{Name: "log", Stats: logStats})
	if err != nil {
		return err
	}
	// A cancelled training keeps what it has learned; here it still gives a picture.
	if err := trainer.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return writeGrid(out, nets.Generator)
}

// networks builds a small pair for 16×16 grey images.
func networks(dev device.Device) (n variants.Networks, err error) {
	up, down := kernels.Square(4, 2, 1), kernels.Square(3, 1, 1)
	n.Generator, err = layers.NewNetwork(dev, "generator", device.Shape{1, 1, 32},
		&layers.ConvTranspose2D{In: 32, Out: 32, Window: kernels.Square(4, 1, 0)},
		&layers.BatchNorm{Features: 32, Eps: 1e-5, Momentum: 0.1},
		layers.ReLU(),
		&layers.ConvTranspose2D{In: 32, Out: 16, Window: up},
		&layers.BatchNorm{Features: 16, Eps: 1e-5, Momentum: 0.1},
		layers.ReLU(),
		&layers.ConvTranspose2D{In: 16, Out: 1, Window: up, Bias: true},
		&layers.Tanh{},
	)
	if err != nil {
		return n, err
	}
	n.Critic, err = layers.NewNetwork(dev, "critic", device.Shape{16, 16, 1},
		&layers.Conv2D{In: 1, Out: 16, Window: down, Bias: true},
		&layers.LeakyReLU{Slope: 0.2},
		&averagePool{}, // the program's own layer
		&layers.Conv2D{In: 16, Out: 32, Window: down, Bias: true},
		&layers.LeakyReLU{Slope: 0.2},
		&averagePool{},
		&layers.Flatten{},
		&layers.Linear{In: 4 * 4 * 32, Out: 1, Bias: true},
	)
	if err != nil {
		return n, err
	}
	if err := n.Generator.Init("dcgan", 1); err != nil {
		return n, err
	}
	return n, n.Critic.Init("pytorch", 1)
}

func logStats(t *variants.Trainer, rows []variants.Stats) error {
	for _, r := range rows {
		if r.Step%20 == 0 {
			fmt.Printf("step %4d  critic %8.3f  penalty %6.3f  generator %8.3f\n", r.Step, r.CriticLoss, r.Penalty, r.GeneratorLoss)
		}
	}
	return nil
}

func writeGrid(path string, generator *layers.Network) error {
	x, err := sampler.New(generator, nil).Sample(1, 0, 32)
	if err != nil {
		return err
	}
	img, err := report.Grid(x, 32, 16, 16, 1, report.GridOptions{})
	if err != nil {
		return err
	}
	if err := runs.WriteFile(path, func(w io.Writer) error { return png.Encode(w, img) }); err != nil {
		return err
	}
	fmt.Println("wrote", path)
	return nil
}
