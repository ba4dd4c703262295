package replay_test

import (
	"context"
	"fmt"
	"os"

	"ganlib/config"
	"ganlib/replay"
	"ganlib/runner"
)

// A run of two steps is what it was, and is not what it would have been from another seed.
func Example() {
	root, err := os.MkdirTemp("", "ganlib")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	ctx := context.Background()
	train := func(seed string) (folder string) {
		c, err := config.Resolve(config.Sources{Preset: "toy-swissroll", Sets: []string{"SEED=" + seed, "DEVICE=cpu", "SAMPLE_EVERY=never"}})
		if err != nil {
			fmt.Println(err)
			return ""
		}
		r, err := runner.Open(ctx, runner.Options{Config: c, Root: root, Steps: 2, NoEvents: true})
		if err != nil {
			fmt.Println(err)
			return ""
		}
		defer r.Close()
		if err := r.Run(ctx); err != nil {
			fmt.Println(err)
		}
		return r.Folder()
	}
	a, b := train("1"), train("2")

	report, err := replay.Verify(ctx, a, replay.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.State, report.From, report.To)

	x, err := replay.Bisect(ctx, a, b, replay.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(x.Made[0])
	fmt.Println(x.Conclusion)
	// Output:
	// same 0 2
	// SEED: 1 and 2
	// They part before the first step: the networks begin with other numbers, first in critic.model.0.weight
}
