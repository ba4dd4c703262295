package ganlib_test

import (
	"context"
	"fmt"
	"log"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/datasets/drawn"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/variants"
	"ganlib/variants/wgangp"
)

// A program trains the CatFaces networks, at a size for examples, on faces that ganlib draws.
func Example() {
	ctx := context.Background()
	dev := device.NewCPU(0)
	defer dev.Close()

	c, err := config.Resolve(config.Sources{Preset: "catfaces", Sets: []string{"IMAGE_SIZE=16", "FEATURES_GEN=4", "FEATURES_CRITIC=4"}})
	check(err)
	nets, err := presets.Networks(dev, c)
	check(err)
	faces, err := drawn.New(1, 64, c.ImageSize, c.ChannelsImg)
	check(err)
	set, err := datasets.Load(ctx, faces, datasets.LoadOptions{})
	check(err)
	data, err := variants.Images(dev, set, -1, 1)
	check(err)

	algorithm, err := wgangp.New(nets, wgangp.Defaults())
	check(err)
	trainer, err := variants.NewTrainer(algorithm, data, variants.Config{Seed: 1, Batch: 16, Epochs: 1, Shuffle: true})
	check(err)
	check(trainer.Run(ctx))
	fmt.Println(trainer.Progress().GeneratorSteps, "generator steps,", trainer.Progress().CriticSteps, "critic steps")
	// Output: 4 generator steps, 20 critic steps
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
