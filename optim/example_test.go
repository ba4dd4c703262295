package optim_test

import (
	"fmt"

	"ganlib/device"
	"ganlib/optim"
)

// One step of Adam moves every parameter by about the learning rate, against its gradient.
func ExampleNewAdam() {
	dev := device.NewCPU(1)
	defer dev.Close()
	value, err := dev.New(device.Shape{3})
	if err != nil {
		fmt.Println(err)
		return
	}
	grad, err := dev.New(device.Shape{3})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := grad.CopyFrom([]float32{5, -0.02, 0}); err != nil {
		fmt.Println(err)
		return
	}
	config := optim.AdamDefaults(optim.PyTorch)
	config.LearningRate, config.Beta1, config.Beta2 = 1e-4, 0, 0.9 // as in the WGAN-GP paper
	adam, err := optim.NewAdam(value, grad, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := adam.Step(); err != nil {
		fmt.Println(err)
		return
	}
	values, err := value.Float32s()
	fmt.Printf("%.6f %v\n", values, err)
	// Output: [-0.000100 0.000100 0.000000] <nil>
}
