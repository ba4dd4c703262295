package presets_test

import (
	"fmt"
	"log"

	"ganlib/config"
	"ganlib/device"
	"ganlib/presets"
	_ "ganlib/variants/all"
)

// A meta device has no memory and shows what a preset would be.
func Example() {
	c, err := config.Preset("catfaces")
	if err != nil {
		log.Fatal(err)
	}
	nets, err := presets.Networks(device.NewMeta(), c)
	if err != nil {
		log.Fatal(err)
	}
	v, err := presets.Variant(nets, c)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(v.Name(), nets.Generator.Input(), "to", nets.Generator.Output())
	fmt.Println("generator", nets.Generator.NumParams(), "critic", nets.Critic.NumParams())
	fmt.Println("epochs", presets.Trainer(c, 0).Epochs)
	// Output:
	// wgan-gp (1,1,100) to (64,64,3)
	// generator 12658435 critic 2765633
	// epochs 10
}
