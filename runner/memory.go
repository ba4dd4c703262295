package runner

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/process"
)

// errUnknownMemory is availableMemory's answer where the machine does not say.
var errUnknownMemory = errors.New("runner: the machine does not say how much memory it has")

// ErrMemory is wrapped by the error for a configuration that needs more memory than there is.
var ErrMemory = errors.New("not enough memory")

// availableMemory returns how many bytes more can be taken without swapping, on Linux: MemAvailable, or
// what the limit of the process's control group leaves if that is less.
func availableMemory() (int64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, errUnknownMemory
	}
	available, err := memAvailable(string(text))
	if err != nil {
		return 0, err
	}
	if limit, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if bytes, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
			available = min(available, bytes-process.Resident())
		}
	}
	return available, nil
}

// available returns how many bytes the device has for the run.
func (p *prepared) available(o Options) (int64, error) {
	gpu, ok := p.dev.(*device.CUDA)
	if !ok {
		return o.available()
	}
	free, _, err := gpu.Memory()
	return int64(free), err
}

// memAvailable finds MemAvailable in the text of /proc/meminfo.
func memAvailable(text string) (int64, error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "MemAvailable:" || fields[2] != "kB" {
			continue
		}
		kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil || kilobytes < 0 || kilobytes > math.MaxInt64>>10 {
			break
		}
		return kilobytes << 10, nil
	}
	return 0, errUnknownMemory
}

// tensors returns the bytes of all tensors.
func (m measured) tensors() int64 { return m.state + m.step + m.sampling }

// need returns the bytes that the process takes at most, with data of the given size: what it has now,
// and what the run adds to it; on a GPU, what is taken of the card's memory.
func (m measured) need(data int64) int64 {
	if m.gpu {
		return m.adds(data)
	}
	return process.Resident() + m.adds(data)
}

// adds returns the bytes that a run adds to those of the process: data, tensors, the kernels' memory, and
// what passes through. On a GPU it is what the run takes of the card's.
func (m measured) adds(data int64) int64 {
	if m.gpu {
		return data + m.tensors() + m.kernels
	}
	return process.Accounted(data + m.tensors() + m.kernels + m.passing)
}

// checkMemory refuses a configuration that does not fit the machine, with the largest batch that does.
// planErr is why its step could not be planned; too large a batch is one reason.
func checkMemory(p *prepared, available int64, planErr error) error {
	c, data, count := p.config, p.source.Bytes(), p.source.Len()
	need := p.measured.adds(data)
	if planErr == nil && need <= available {
		return nil
	}
	fits := largestBatch(p.dev, c, data, count, available)
	switch {
	case planErr != nil && fits == 0:
		return planErr
	case planErr != nil:
		return fmt.Errorf("runner: %w: BATCH_SIZE %d makes tensors that no device holds; the largest batch that fits is %d", ErrMemory, c.BatchSize, fits)
	}
	advice := fmt.Sprintf("the largest batch that fits is %d", fits)
	if fits == 0 {
		advice = "no batch fits: take smaller FEATURES_GEN and FEATURES_CRITIC, a smaller IMAGE_SIZE, or less data with DATA_SIZE"
	}
	return fmt.Errorf("runner: %w: BATCH_SIZE %d takes %s, %s of it for the data, and %s are available; %s",
		ErrMemory, c.BatchSize, size(need), size(data), size(available), advice)
}

// largestBatch returns the largest BATCH_SIZE below c's that fits, 0 if none does.
func largestBatch(dev device.Device, c config.Config, data int64, count int, available int64) int {
	fits, fails := 0, c.BatchSize
	for fails-fits > 1 {
		c.BatchSize = (fits + fails) / 2
		m, err := measure(dev, c, min(c.BatchSize, count))
		if err != nil || m.adds(data) > available {
			fails = c.BatchSize
		} else {
			fits = c.BatchSize
		}
	}
	return fits
}

// size writes bytes in a unit that people read.
func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
}
