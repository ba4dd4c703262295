package config_test

import (
	"fmt"

	"ganlib/config"
)

// A file over a preset, with an argument on top.
func ExampleResolve() {
	file := []byte("PRESET: mnist-mlp-wgangp\nLEARNING_RATE: 2e-4\nCOMPAT: [data-01]\n")
	c, err := config.Resolve(config.Sources{File: file, Filename: "train.config.yaml", Sets: []string{"BATCH_SIZE=32"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.LearningRate, c.BatchSize, c.DataRange, c.NumEpochs)
	// Output: 0.0002 32 0..1 100
}

// All problems are reported at once.
func ExampleResolve_problems() {
	file := []byte("LEARNING_RAT: 2e-4\nBATCH_SIZE: 32.5\n")
	_, err := config.Resolve(config.Sources{File: file, Filename: "train.config.yaml", Sets: []string{"INIT=dcgan-zeros"}})
	fmt.Println(err)
	// Output:
	// config: 3 problems
	// 	train.config.yaml:1:1: LEARNING_RAT: unknown key; did you mean LEARNING_RATE?
	// 	train.config.yaml:2:13: BATCH_SIZE: got "32.5", want an integer from 1 to 65536
	// 	--set INIT=dcgan-zeros: INIT: got "dcgan-zeros", want pytorch, dcgan, dcgan-zero or glorot; did you mean dcgan-zero?
}

// What a resumed run would change.
func ExampleDiff() {
	saved, err := config.Preset("catfaces_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := saved
	now.NumEpochs, now.LearningRate = 30, 2e-4
	for _, d := range config.Diff(saved, now) {
		fmt.Println(d, d.MayChange)
	}
	// Output:
	// NUM_EPOCHS: 15, now 30 true
	// LEARNING_RATE: 0.0001, now 0.0002 false
}
