// Variant registers an algorithm of its own, the hinge GAN, beside ganlib's, and trains it by name on
// eight Gaussians in the plane:
//
//	go run . -variant hinge -steps 300
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/losses"
	"ganlib/presets"
	"ganlib/sampler"
	"ganlib/variants"
	_ "ganlib/variants/all" // ganlib's own, by name
)

// The hinge GAN of Lim and Ye 2017, "Geometric GAN" (https://arxiv.org/abs/1705.02894): the critic
// minimises mean max(0, 1−f(x)) + mean max(0, 1+f(x̃)), the generator −mean f(x̃). All that it needs
// is an objective; Adversaries is the rest.
func init() {
	variants.Register("hinge", func(n variants.Networks, s variants.Settings) (variants.Variant, error) {
		return variants.NewAdversaries("hinge", n, variants.Play{
			CriticSteps: s.CriticSteps, GeneratorOptimizer: s.GeneratorOptimizer, CriticOptimizer: s.CriticOptimizer,
			Objective: losses.HingeObjective(), ReuseFake: s.ReuseFake,
		})
	})
}

func main() {
	variant := flag.String("variant", "hinge", fmt.Sprintf("one of %v", variants.Names()))
	steps := flag.Int64("steps", 300, "generator steps")
	flag.Parse()
	if err := run(*variant, *steps); err != nil {
		log.Fatal(err)
	}
}

func run(variant string, steps int64) error {
	c, err := config.Resolve(config.Sources{Preset: "toy-8gaussians", Sets: []string{"VARIANT=" + variant}, Variants: variants.Names()})
	if err != nil {
		return err
	}
	dev := device.NewCPU(0)
	defer dev.Close()
	nets, err := presets.Networks(dev, c)
	if err != nil {
		return err
	}
	v, err := presets.Variant(nets, c)
	if err != nil {
		return err
	}
	points := datasets.EightGaussians(c.Seed, 20_000)
	data, err := variants.Points(dev, points.XY, 2)
	if err != nil {
		return err
	}
	trainer, err := variants.NewTrainer(v, data, presets.Trainer(c, steps))
	if err != nil {
		return err
	}
	if err := trainer.Run(context.Background()); err != nil {
		return err
	}
	samples, err := sampler.New(nets.Generator, nets.Critic).Sample(1, 0, 2000)
	if err != nil {
		return err
	}
	modes, share := datasets.Modes(samples, points)
	fmt.Printf("%s after %d steps: %d of 8 modes, %.0f %% of the samples within 3σ of one\n", v.Name(), steps, modes, 100*share)
	return nil
}
