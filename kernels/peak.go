package kernels

import (
	"fmt"
	"time"

	"ganlib/device"
)

// Peaks are what a GPU was measured to do at most: the roofs of a roofline.
type Peaks struct {
	Memory   float64 `json:"memory_gb_per_s"` // bytes read and written by copies within its memory
	Float32  float64 `json:"float32_tflops"`  // multiply-adds on registers, each two operations
	TF32     float64 `json:"tf32_tflops"`     // of tensor cores, by the instructions that the kernels use; 0 if there are none
	BFloat16 float64 `json:"bf16_tflops"`
	Launch   float64 `json:"launch_us"` // the least that a kernel takes in a graph, in microseconds
	Events   float64 `json:"events_us"` // what the events of [device.CUDA.Profile] add to that
}

// Flops returns the peak of multiply-adds in a precision, a second.
func (p Peaks) Flops(in device.Precision) float64 {
	return 1e12 * [...]float64{p.Float32, p.TF32, p.BFloat16}[in]
}

// PeakSize says how much is done to measure peaks.
type PeakSize struct {
	Bytes    int // that are copied, a multiple of 16: many times what the cache holds
	Rounds   int // of multiply-adds in a launch
	Launches int // of each run, and of the graph
	Runs     int // of which the fastest counts
}

// FullPeaks is the size for a real GPU: half a second, and twice its bytes of memory.
var FullPeaks = PeakSize{Bytes: 256 << 20, Rounds: 1 << 12, Launches: 20, Runs: 5}

const (
	peakBlocks = 4 // of multiply-adds on a multiprocessor: as many warps as keep it busy, all there at a time
	peakCopies = 8 // of copies
)

var (
	peakProgram       = program("peak")
	peakTensorProgram = program("peak_tensor")
)

// MeasurePeaks measures a GPU that does nothing else meanwhile.
func MeasurePeaks(dev *device.CUDA, size PeakSize) (p Peaks, err error) {
	if size.Bytes < 16 || size.Rounds < 1 || size.Launches < 1 || size.Runs < 1 {
		return p, fmt.Errorf("kernels: peaks: size %+v: want at least 16 bytes and 1 of each other", size)
	}
	defer dev.SetGraphs(dev.SetGraphs(true))
	if p.Memory, err = copyPeak(dev, size); err != nil {
		return p, fmt.Errorf("kernels: peaks: copies: %w", err)
	}
	for _, m := range []struct {
		peak    *float64
		program *device.Program
		kernel  string
		thread  int // operations of a thread in a round
	}{
		{&p.Float32, peakProgram, "peak_float32", 2 * 8 * 16},
		{&p.TF32, peakTensorProgram, "peak_tf32", 2 * 8 * 16 * 8 * 8 / 32},
		{&p.BFloat16, peakTensorProgram, "peak_bf16", 2 * 8 * 16 * 8 * 16 / 32},
	} {
		if g := dev.Properties(); m.program == peakTensorProgram && g.Major < 8 {
			continue
		}
		if *m.peak, err = flopsPeak(dev, size, m.program, m.kernel, m.thread); err != nil {
			return p, fmt.Errorf("kernels: peaks: %s: %w", m.kernel, err)
		}
	}
	if p.Launch, p.Events, err = launchTimes(dev, size); err != nil {
		return p, fmt.Errorf("kernels: peaks: launches: %w", err)
	}
	return p, nil
}

// copyPeak returns gigabytes a second.
func copyPeak(dev *device.CUDA, size PeakSize) (float64, error) {
	n := size.Bytes / 16
	dst, err := dev.New(device.Shape{4 * n})
	if err != nil {
		return 0, err
	}
	src, err := dev.New(device.Shape{4 * n})
	if err != nil {
		return 0, err
	}
	blocks := min(peakCopies*dev.Properties().Multiprocessors, blocksFor(n, cudaThreads))
	seconds, err := quickest(dev, size, func() error {
		return dev.Launch(peakProgram, "peak_copy", [3]int{blocks, 1, 1}, [3]int{cudaThreads, 1, 1}, 0, dst.Address(), src.Address(), whole(n))
	})
	return 2 * 16 * float64(n) / seconds / 1e9, err
}

// flopsPeak returns 10¹² operations a second of a kernel whose threads do so many in a round.
func flopsPeak(dev *device.CUDA, size PeakSize, p *device.Program, kernel string, thread int) (float64, error) {
	blocks := peakBlocks * dev.Properties().Multiprocessors
	out, err := dev.New(device.Shape{blocks * cudaThreads})
	if err != nil {
		return 0, err
	}
	one := single(1)
	if kernel == "peak_bf16" {
		one = 0x3f803f80 // two of them
	}
	seconds, err := quickest(dev, size, func() error {
		return dev.Launch(p, kernel, [3]int{blocks, 1, 1}, [3]int{cudaThreads, 1, 1}, 0, out.Address(), one, one, whole(size.Rounds))
	})
	if err != nil {
		return 0, err
	}
	sums, err := out.Float32s()
	if err != nil {
		return 0, err
	}
	if done := float32(thread * size.Rounds / 2); sums[0] != done || sums[len(sums)-1] != done { // each adds 1
		return 0, fmt.Errorf("threads have done %g and %g multiply-adds, want %g", sums[0], sums[len(sums)-1], done)
	}
	return float64(out.Len()) * float64(thread) * float64(size.Rounds) / seconds / 1e12, nil
}

// quickest returns the seconds of a launch in the fastest run.
func quickest(dev *device.CUDA, size PeakSize, launch func() error) (seconds float64, err error) {
	for run := range size.Runs + 1 { // the first loads the kernel
		took, err := dev.Time(func() error {
			for range size.Launches {
				if err := launch(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		if s := max(took, time.Nanosecond).Seconds() / float64(size.Launches); run == 1 || run > 1 && s < seconds {
			seconds = s
		}
	}
	return seconds, nil
}

// launchTimes returns the microseconds of an empty kernel among many in a graph, and how many more it takes when it
// is profiled.
func launchTimes(dev *device.CUDA, size PeakSize) (launch, events float64, err error) {
	n := 16 * size.Launches
	many := func() error {
		for range n {
			if err := dev.Launch(peakProgram, "peak_launch", [3]int{1, 1, 1}, [3]int{1, 1, 1}, 0); err != nil {
				return err
			}
		}
		return nil
	}
	work := device.Work{Owner: new(int)}
	once := func() error { return dev.Repeat(work, many) }
	if err := once(); err != nil { // a second time makes the graph, in the run that does not count
		return 0, 0, err
	}
	seconds, err := quickest(dev, PeakSize{Launches: 1, Runs: size.Runs}, once)
	if err != nil {
		return 0, 0, err
	}
	launch = 1e6 * seconds / float64(n)
	times, err := dev.Profile(many)
	if err != nil {
		return 0, 0, err
	}
	if len(times) != 1 || times[0].Calls != n {
		return 0, 0, fmt.Errorf("%d kernels were profiled", len(times))
	}
	return launch, max(0, 1e6*times[0].Time.Seconds()/float64(n)-launch), nil
}
