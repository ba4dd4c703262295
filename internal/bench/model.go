package bench

import (
	"fmt"

	"ganlib/config"
	"ganlib/device"
)

// Model returns the launches of an iteration on a GPU with what they cost, from a plan: nothing is computed. A plan has
// no times.
func Model(gpu *device.CUDA, c config.Config) ([]device.KernelTime, error) {
	plan := device.NewMetaFor(gpu)
	t, err := Trainer(plan, c)
	if err == nil {
		plan.NoteLaunches()
		err = t.Step()
	}
	if err != nil {
		return nil, fmt.Errorf("bench: model: %w", err)
	}
	return plan.Launches(), nil
}
