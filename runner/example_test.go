package runner_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"ganlib/config"
	"ganlib/runner"
)

// A short training on points, stopped after three steps and continued to the sixth.
func ExampleOpen() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	c, err := config.Preset("toy-8gaussians")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.DataSize, c.BatchSize, c.FeaturesGen, c.FeaturesCritic = 96, 32, 8, 8

	run := func(o runner.Options) {
		r, err := runner.Open(context.Background(), o)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer r.Close()
		if err := r.Run(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(filepath.Base(r.Folder()), r.Finished())
	}
	run(runner.Options{Config: c, Root: root, Steps: 3})
	run(runner.Options{Resume: filepath.Join(root, "train0"), Steps: 6})
	// Output:
	// train0 true
	// train0 true
}

func ExampleMakePlan() {
	c, err := config.Preset("catfaces_1")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.DataSize = 8192
	plan, err := runner.MakePlan(context.Background(), runner.Options{Config: c, Device: "cpu"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d images, %d steps an epoch, %d in all\n", plan.Images, plan.StepsPerEpoch, plan.TotalSteps)
	fmt.Printf("%d and %d parameters\n", plan.Generator.Params, plan.Critic.Params)
	// Output:
	// 8192 images, 256 steps an epoch, 3840 in all
	// 12658435 and 2765633 parameters
}
