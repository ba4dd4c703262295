package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ganlib/config"
	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/internal/bench"
	"ganlib/kernels"
)

// assumed are an H100's peaks: what its memory gives to copies, and of the arithmetic that its data sheet promises (67,
// 495 and 989 TFLOP/s) what multiply-adds and mma.sync reach.
var assumed = kernels.Peaks{Memory: 3000, Float32: 60, TF32: 310, BFloat16: 620, Launch: 1.5}

// modelled is a group of an iteration's launches.
type modelled struct {
	name                string
	calls, bytes, flops float64
	floor               float64 // milliseconds
	count, m, n, k      int     // of a product
}

// add adds launches of one cost.
func (m *modelled) add(t device.KernelTime) {
	calls := float64(t.Calls)
	m.calls += calls
	m.bytes += calls * float64(t.Cost.Bytes)
	m.flops += calls * float64(t.Cost.Flops)
	m.floor += calls * floorOf(t.Cost)
}

// floorOf returns the least milliseconds of a launch: those of its bytes, of its operations, or of any launch.
func floorOf(c device.Cost) float64 {
	return 1000 * max(float64(c.Bytes)/(1e9*assumed.Memory), float64(c.Flops)/assumed.Flops(c.Precision), assumed.Launch/1e6)
}

// family is a kernel's name without its tile, that of few channels with the others.
func family(kernel string) string {
	kernel = strings.Replace(kernel, "conv2d_few_", "conv2d_", 1)
	for _, f := range []string{"conv2d_forward", "conv2d_input", "conv2d_weight", "gemm_sum"} {
		if strings.HasPrefix(kernel, f) {
			return f
		}
	}
	if strings.HasPrefix(kernel, "gemm_") {
		return "gemm"
	}
	return kernel
}

// writeModel writes tables of the floors of an iteration of CatFaces, and beside them what files of ganlib bench and
// ganlib tune in a folder have measured: bench_PRECISION.json and tune_PRECISION.json.
func writeModel(out io.Writer, folder string) error {
	c, err := config.Resolve(config.Sources{Preset: "catfaces"})
	if err != nil {
		return err
	}
	gpu, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	if err != nil {
		return err
	}
	defer gpu.Close()
	for p := device.Float32; p <= device.BFloat16; p++ {
		if err := gpu.SetPrecision(p); err != nil {
			return err
		}
		launches, err := bench.Model(gpu, c)
		if err != nil {
			return err
		}
		have, err := measuredIn(folder, p.String())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "### %v\n\n", p)
		writeKernels(out, launches, have)
		writeProducts(out, launches, have)
	}
	return nil
}

// grouped adds launches up by name, those with the highest floor first.
func grouped(launches []device.KernelTime, name func(device.KernelTime) modelled) (list []modelled) {
	at := map[modelled]int{}
	for _, t := range launches {
		key := name(t)
		i, ok := at[key]
		if !ok {
			i = len(list)
			at[key], list = i, append(list, key)
		}
		list[i].add(t)
	}
	slices.SortStableFunc(list, func(a, b modelled) int { return cmp.Compare(b.floor, a.floor) })
	return list
}

func writeKernels(out io.Writer, launches []device.KernelTime, have measured) {
	fmt.Fprint(out, "| kernel | calls | MB | GFLOP | floor, ms | measured, ms | times the floor |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	sum := modelled{}
	for _, g := range grouped(launches, func(t device.KernelTime) modelled { return modelled{name: family(t.Kernel)} }) {
		fmt.Fprintf(out, "| %s | %.0f | %.1f | %.3g | %.4f | %s |\n", g.name, g.calls, g.bytes/1e6, g.flops/1e9, g.floor, beside(have.kernels[g.name], g.floor))
		sum.calls, sum.bytes, sum.flops, sum.floor = sum.calls+g.calls, sum.bytes+g.bytes, sum.flops+g.flops, sum.floor+g.floor
	}
	fmt.Fprintf(out, "| iteration | %.0f | %.1f | %.4g | %.4f | %s |\n\n", sum.calls, sum.bytes/1e6, sum.flops/1e9, sum.floor, beside(have.iteration, sum.floor))
}

func writeProducts(out io.Writer, launches []device.KernelTime, have measured) {
	fmt.Fprint(out, "| product | count | M | N | K | calls | floor, µs | measured, µs | times the floor | TFLOP/s |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	products := slices.DeleteFunc(slices.Clone(launches), func(t device.KernelTime) bool { return t.Cost.Count == 0 })
	for _, g := range grouped(products, func(t device.KernelTime) modelled {
		return modelled{name: family(t.Kernel), count: t.Cost.Count, m: t.Cost.M, n: t.Cost.N, k: t.Cost.K}
	}) {
		each, floor := have.products[product{g.name, g.count, g.m, g.n, g.k}], 1000*g.floor/g.calls
		speed := ""
		if each > 0 {
			speed = fmt.Sprintf("%.1f", g.flops/g.calls/each/1e6)
		}
		fmt.Fprintf(out, "| %s | %d | %d | %d | %d | %.0f | %.1f | %s | %s |\n", g.name, g.count, g.m, g.n, g.k, g.calls, floor, beside(each, floor), speed)
	}
	fmt.Fprintln(out)
}

// beside is a measured time and its ratio to the floor, two cells that are empty if nothing was measured.
func beside(time, floor float64) string {
	if time == 0 {
		return " | "
	}
	return fmt.Sprintf("%.4g | %.1f", time, time/floor)
}

// measured is what was measured in a precision, in milliseconds an iteration, and of products in microseconds each.
type measured struct {
	iteration float64
	kernels   map[string]float64
	products  map[product]float64
}

// product is a product's family and size.
type product struct {
	name           string
	count, m, n, k int
}

// measuredIn reads the files of a precision, as far as they are there.
func measuredIn(folder, precision string) (m measured, err error) {
	m.kernels, m.products = map[string]float64{}, map[product]float64{}
	read := func(name string, to any) bool {
		data, failed := os.ReadFile(filepath.Join(folder, name+precision+".json"))
		if failed == nil {
			failed = json.Unmarshal(data, to)
		}
		if failed != nil && !errors.Is(failed, fs.ErrNotExist) {
			err = fmt.Errorf("%s%s.json: %w", name, precision, failed)
		}
		return failed == nil
	}
	var b bench.Report
	b.Roofline = new(bench.Roofline)
	if read("bench_", &b) {
		m.iteration = b.PerIteration
		for _, k := range b.Kernels {
			m.kernels[family(k.Name)] += k.Milliseconds
		}
		if b.Launches == 0 { // of a ganlib that left the events' time in: it is what kernels have more than the iteration
			withoutEvents(m.kernels, b)
		}
	}
	var choices []kernels.Choice
	if read("tune_", &choices) {
		for _, c := range choices {
			m.products[product{family(c.Kernel + "_"), c.Count, c.M, c.N, c.K}] = 1e6 * c.Seconds
		}
	}
	return m, err
}

// withoutEvents takes of each launch its share of what the kernels took longer than the iteration.
func withoutEvents(times map[string]float64, b bench.Report) {
	calls, sum := map[string]float64{}, 0.0
	all := 0.0
	for _, k := range b.Kernels {
		calls[family(k.Name)] += k.Calls
		all, sum = all+k.Calls, sum+k.Milliseconds
	}
	for name := range times {
		times[name] -= calls[name] * (sum - b.PerIteration) / all
	}
}
