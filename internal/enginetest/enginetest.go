// Package enginetest runs tests on every CPU engine. One that the machine lacks is skipped in the
// open, or fails the test where the environment variable GANLIB_REQUIRE lists it, so that a machine
// which should have an engine cannot pass without it:
//
//	GANLIB_REQUIRE=avx2,avx512 go test ./...
package enginetest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"ganlib/device"
)

// Variable is the environment variable that lists engines which must be there.
const Variable = "GANLIB_REQUIRE"

// engines are all that there are.
var engines = []device.Engine{device.EngineReference, device.EngineAVX2, device.EngineAVX512}

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

// required returns what the variable lists. A word that is no engine fails the test: it would require
// nothing.
func required(t testing.TB) []string {
	t.Helper()
	list := strings.FieldsFunc(os.Getenv(Variable), func(r rune) bool { return r == ',' || r == ' ' })
	for _, word := range list {
		if !slices.ContainsFunc(engines, func(e device.Engine) bool { return e.String() == word }) {
			t.Fatalf("%s: %q: want a list of avx2, avx512", Variable, word)
		}
	}
	return list
}
