package cli

import (
	"os"
	"slices"
	"strings"

	"ganlib/device"
	"ganlib/device/dlopen"
	"ganlib/tuning"
)

// variable is an environment variable that changes what the programs do.
type variable struct{ name, doc string }

// variables are all of them, ganlib's own first.
var variables = []variable{
	{device.EngineVariable, "the CPU's engine: auto (the fastest), avx512, avx2 or reference; --engine comes before it"},
	{tuning.Variable, "folder of the tables that 'tune' writes and --tuned reads, instead of ganlib/tuning in the user's cache"},
	{dlopen.Variable, "library to load in place of the NVIDIA driver's libcuda.so.1, where the loader does not find it by itself"},
	{"CUDA_VISIBLE_DEVICES", "the GPUs that the driver shows, by number; empty or -1 for none"},
	{"LD_LIBRARY_PATH", "folders where libraries are looked for before the system's, libcuda.so.1 too"},
	{"GOMAXPROCS", "CPU threads; by itself Go takes as many as there are CPUs, or as the control group's limit allows; --threads comes before it"},
	{"GOMEMLIMIT", "memory that Go's garbage collector keeps to; a training otherwise keeps to what it has planned"},
	{"GOGC", "how much garbage, in percent of the data, there may be before it is collected; off for none"},
	{"NO_COLOR", "not empty: no colours on a terminal"},
	{"TERM", "dumb: no bars, no colours"},
}

// testVariables are read by ganlib's tests alone.
var testVariables = []string{"GANLIB_REQUIRE", "GANLIB_GOLDEN", "GANLIB_FIXTURES"}

// setVariables returns the variables that matter and are set, but for TERM, which always is.
func setVariables() []string {
	var names []string
	for _, v := range variables {
		if _, set := os.LookupEnv(v.name); set && v.name != "TERM" {
			names = append(names, v.name)
		}
	}
	return names
}

// strangeVariables returns the variables called GANLIB_… that nothing reads.
func strangeVariables() []string {
	var names []string
	for _, text := range os.Environ() {
		name, _, _ := strings.Cut(text, "=")
		known := slices.ContainsFunc(variables, func(v variable) bool { return v.name == name })
		if strings.HasPrefix(name, "GANLIB_") && !strings.HasPrefix(name, "GANLIB_TEST_") && !known && !slices.Contains(testVariables, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
