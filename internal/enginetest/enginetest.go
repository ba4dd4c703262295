// Package enginetest runs tests on every CPU engine and on GPUs. What the machine lacks is skipped in the
// open, or fails the test where the environment variable GANLIB_REQUIRE lists it, so that a machine
// which should have an engine, a GPU ("cuda") or a tool cannot pass without it:
//
//	GANLIB_REQUIRE=avx2,avx512,gcc go test ./...
package enginetest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ganlib/device"
)

// Variable is the environment variable that lists engines and tools which must be there.
const Variable = "GANLIB_REQUIRE"

// engines are all that there are.
var engines = []device.Engine{device.EngineReference, device.EngineAVX2, device.EngineAVX512}

// tools are what else tests may need.
var tools = []string{"cuda", "ptxsim", "gcc", "clang", "ptxas", "onnx", "numpy", "keras", "torch", "safetensors", "bash", "zsh", "fish", "groff", "mandoc"}

// Each runs test in a subtest for each engine, named after it.
func Each(t *testing.T, test func(t *testing.T, e device.Engine)) {
	for _, e := range engines {
		t.Run(e.String(), func(t *testing.T) {
			Need(t, e)
			test(t, e)
		})
	}
}

// Need ends the test if the machine lacks e.
func Need(t testing.TB, e device.Engine) {
	t.Helper()
	_, err := device.ParseEngine(e.String())
	settle(t, e.String(), err)
}

// NeedTool ends the test if the machine lacks one of the tools, which missing, an error, says: a program, or
// "cuda", a GPU with its driver.
func NeedTool(t testing.TB, tool string, missing error) {
	t.Helper()
	if !slices.Contains(tools, tool) {
		t.Fatalf("%q: want one of %s", tool, strings.Join(tools, ", "))
	}
	settle(t, tool, missing)
}

// Program returns where a program is that the test needs, and ends the test if it is nowhere.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	NeedTool(t, name, err)
	return path
}

// CPU returns a CPU with engine e, for the time of the test. The machine must have e.
func CPU(t testing.TB, e device.Engine, threads int) *device.CPU {
	t.Helper()
	dev, err := device.NewCPUEngine(threads, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dev.Close() })
	return dev
}

// settle ends a test that lacks what, because of missing, unless missing is nil.
func settle(t testing.TB, what string, missing error) {
	t.Helper()
	required := required(t)
	switch {
	case missing == nil:
	case slices.Contains(required, what):
		t.Fatalf("%s lists %s: %v", Variable, what, missing)
	default:
		t.Skip(missing)
	}
}

// required returns what the variable lists. A word that is neither engine nor tool fails the test: it would
// require nothing.
func required(t testing.TB) []string {
	t.Helper()
	list := strings.FieldsFunc(os.Getenv(Variable), func(r rune) bool { return r == ',' || r == ' ' })
	for _, word := range list {
		if !slices.Contains(tools, word) && !slices.ContainsFunc(engines, func(e device.Engine) bool { return e.String() == word }) {
			t.Fatalf("%s: %q: want a list of avx2, avx512, %s", Variable, word, strings.Join(tools, ", "))
		}
	}
	return list
}
