package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
	"gonum.org/v1/gonum/blas/blas32"

	"ganlib/device"
	"ganlib/internal/bench"
	"ganlib/internal/words"
)

func checkVersion(machine) check {
	c := newCheck("version", "%s, %s, %s/%s", versionLine(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	c.Facts["go"], c.Facts["os"], c.Facts["arch"] = runtime.Version(), runtime.GOOS, runtime.GOARCH
	return c
}

func checkCPU(machine) check {
	features := cpuFeatures()
	c := newCheck("cpu", "%s, %s", bench.CPU(), words.Counted(runtime.NumCPU(), "logical CPU"))
	if len(features) > 0 {
		c.Found += "; " + strings.Join(features, " ")
	}
	c.Facts["model"], c.Facts["cpus"], c.Facts["features"] = bench.CPU(), runtime.NumCPU(), features
	return c
}

// cpuFeatures are the instruction sets that matter to ganlib's engines and that the processor has.
func cpuFeatures() []string {
	features := []string{}
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"sse4.2", cpu.X86.HasSSE42}, {"avx", cpu.X86.HasAVX}, {"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA},
		{"avx512f", cpu.X86.HasAVX512F}, {"avx512vl", cpu.X86.HasAVX512VL}, {"avx512bw", cpu.X86.HasAVX512BW},
		{"avx512dq", cpu.X86.HasAVX512DQ}, {"avx512bf16", cpu.X86.HasAVX512BF16}, {"neon", cpu.ARM64.HasASIMD}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			features = append(features, f.name)
		}
	}
	return features
}

// checkEngineHere tells which engine the CPU computes with, why, and whether it computes rightly.
func checkEngineHere(m machine) check {
	var names []string
	for _, e := range device.Engines() {
		names = append(names, e.String())
	}
	c := newCheck("engine", "")
	c.Facts["available"] = names
	wanted := os.Getenv(device.EngineVariable)
	engine, err := device.DefaultEngine()
	if err != nil {
		c.Found = err.Error()
		c.fail("unset %s, or set it to one of: %s", device.EngineVariable, strings.Join(names, ", "))
		return c
	}
	c.Facts["engine"] = engine.String()
	switch {
	case wanted != "" && wanted != "auto":
		c.Found = fmt.Sprintf("%v, as %s asks for; this machine has %s", engine, device.EngineVariable, strings.Join(names, ", "))
		if engine != device.Engines()[0] {
			c.warn("unset %s to compute with %v, which is faster", device.EngineVariable, device.Engines()[0])
		}
	case engine == device.EngineReference:
		c.Found = "reference: there are no vector kernels for this processor"
		c.warn("train small networks here (FEATURES_GEN and FEATURES_CRITIC 8), or on an x86-64 processor with AVX2, or on a GPU")
	default:
		c.Found = fmt.Sprintf("%v, the fastest of %s", engine, strings.Join(names, ", "))
	}
	dev, err := device.NewCPUEngine(0, engine)
	if err == nil {
		defer dev.Close()
		err = tryDevice(dev)
	}
	if err != nil {
		c.Found += "; " + err.Error()
		c.fail("set %s=reference, and report this with the output of '%s doctor --json'", device.EngineVariable, m.program)
	}
	return c
}

// checkBLAS tells which products the reference engine, and programs that embed ganlib, compute with.
func checkBLAS(machine) check {
	kind := reflect.TypeOf(blas32.Implementation())
	name := kind.PkgPath() + "." + kind.Name()
	c := newCheck("blas", "%s", name)
	c.Facts["implementation"], c.Facts["foreign"] = name, device.ForeignBLAS()
	if device.ForeignBLAS() {
		c.Found += ", which this program has put in place: the CPU computes with it, through the reference engine"
	} else {
		c.Found += ", of the reference engine; the others have products of their own"
	}
	return c
}

// checkThreads compares the threads that are used with the processors that may be used.
func checkThreads(m machine) check {
	threads, cpus := runtime.GOMAXPROCS(0), runtime.NumCPU()
	c := newCheck("threads", "%d of %s", threads, words.Counted(cpus, "logical CPU"))
	c.Facts["gomaxprocs"], c.Facts["cpus"] = threads, cpus
	quota, limited := m.cpuQuota()
	if limited {
		c.Found += fmt.Sprintf("; the control group allows the time of %.3g", quota)
		c.Facts["cgroup_cpus"] = quota
	}
	switch set := os.Getenv("GOMAXPROCS"); {
	case limited && float64(threads) > quota+1:
		c.warn("train with --threads %d: more threads than the control group allows wait for each other", max(int(quota), 1))
	case set != "" && threads < cpus && (!limited || float64(threads) < quota-1):
		c.warn("unset GOMAXPROCS=%s to use all", set)
	}
	return c
}

// cpuQuota returns how many processors' time the process's control group may take, if that is limited.
func (m machine) cpuQuota() (cpus float64, limited bool) {
	for _, folder := range m.system().ControlGroups() {
		text, err := os.ReadFile(filepath.Join(folder, "cpu.max"))
		if err != nil {
			continue
		}
		var most, period float64
		if n, err := fmt.Sscan(string(text), &most, &period); n == 2 && err == nil && period > 0 {
			if quota := most / period; !limited || quota < cpus {
				cpus, limited = quota, true
			}
		}
	}
	return cpus, limited
}
