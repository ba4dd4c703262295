package runner

import (
	"errors"
	"fmt"
	"strings"

	"ganlib/config"
	"ganlib/device"
)

// openDevice opens the device of a run and says in a line which it is and why. A GPU that only the
// configuration asks for is replaced by the CPU where there is none.
func openDevice(o Options, c config.Config) (device.Device, string, error) {
	open := func(name string) (device.Device, error) {
		dev, err := o.open(device.Options{Name: name, Engine: o.Engine, Threads: o.Threads, Precision: o.Precision})
		if gpu, ok := dev.(*device.CUDA); ok {
			gpu.SetGraphs(!o.NoGraph)
		}
		return dev, err
	}
	if o.Engine != "" {
		if _, err := device.ParseEngine(o.Engine); err != nil {
			return nil, "", fmt.Errorf("runner: --engine: %w", err)
		}
	}
	if _, err := device.ParsePrecision(o.Precision); err != nil {
		return nil, "", fmt.Errorf("runner: --precision: %w", err)
	}
	if o.Device != "" {
		dev, err := open(o.Device)
		if err != nil {
			return nil, "", fmt.Errorf("runner: --device: %w", err)
		}
		return dev, fmt.Sprintf("Device: %v, as --device %s asks for", dev, o.Device), nil
	}
	dev, err := open(c.Device)
	switch {
	case err == nil && c.Device == "auto":
		why := ""
		if cpu, ok := dev.(*device.CPU); ok && cpu.NoGPU() != nil {
			why = fmt.Sprintf("; %v", cpu.NoGPU())
		}
		return dev, fmt.Sprintf("Device: %v, the fastest there is (DEVICE auto%s)", dev, why), nil
	case err == nil:
		return dev, fmt.Sprintf("Device: %v, as DEVICE %s asks for", dev, c.Device), nil
	case !strings.HasPrefix(c.Device, "cuda") || errors.Is(err, device.ErrPrecision):
		return nil, "", fmt.Errorf("runner: DEVICE: %w", err)
	}
	cpu, cpuErr := open("cpu")
	if cpuErr != nil {
		return nil, "", fmt.Errorf("runner: DEVICE: %w", cpuErr)
	}
	return cpu, fmt.Sprintf("Device: %v, although DEVICE %s asks for a GPU: %v", cpu, c.Device, err), nil
}
