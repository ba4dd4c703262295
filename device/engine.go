package device

import (
	"fmt"
	"os"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
)

// Engine is an implementation of the kernels on a CPU.
type Engine int

const (
	EngineReference Engine = iota // plain Go loops, products through gonum's BLAS: any machine, the oracle of the others
	EngineAVX2                    // Go assembly for x86 processors with AVX2 and FMA
	EngineAVX512                  // Go assembly for x86 processors with AVX-512 F, VL, BW and DQ
)

// EngineVariable is the environment variable that chooses the engine of CPU devices: auto, avx512,
// avx2 or reference.
const EngineVariable = "GANLIB_CPU"

var engineNames = [...]string{EngineReference: "reference", EngineAVX2: "avx2", EngineAVX512: "avx512"}

func (e Engine) String() string {
	if e < 0 || int(e) >= len(engineNames) {
		return fmt.Sprintf("engine %d", int(e))
	}
	return engineNames[e]
}

// Engines returns the engines that this machine can run, fastest first. The reference is always among
// them.
func Engines() []Engine {
	var list []Engine
	for e := EngineAVX512; e >= EngineReference; e-- {
		if e.available() {
			list = append(list, e)
		}
	}
	return list
}

// ParseEngine returns the engine of that name; "auto" and "" are the fastest that this machine can
// run. An unknown name, or an engine that this machine lacks, is an error.
func ParseEngine(name string) (Engine, error) {
	if name == "" || name == "auto" {
		return Engines()[0], nil
	}
	for e, n := range engineNames {
		if n == name {
			return Engine(e), Engine(e).check()
		}
	}
	return EngineReference, fmt.Errorf("device: engine %q: want auto, avx512, avx2 or reference", name)
}

// check reports an engine that this machine cannot run.
func (e Engine) check() error {
	if e.available() {
		return nil
	}
	var names []string
	for _, have := range Engines() {
		names = append(names, have.String())
	}
	return fmt.Errorf("device: engine %v: %s; this machine has %s", e, noEngine, strings.Join(names, ", "))
}

// DefaultEngine returns the engine that [NewCPU] takes: the one that [EngineVariable] names, else the
// fastest. If the variable names none that can run, it returns the reference and an error.
func DefaultEngine() (Engine, error) {
	e, err := ParseEngine(os.Getenv(EngineVariable))
	if err != nil {
		return EngineReference, fmt.Errorf("%w (from the environment variable %s)", err, EngineVariable)
	}
	return e, nil
}

// OwnBLAS marks an implementation of blas32 that is ganlib's own: after blas32.Use of it the CPU
// device keeps its engine, which computes the same.
type OwnBLAS interface{ GanlibBLAS() }

// ForeignBLAS reports whether the program has called blas32.Use with an implementation that is
// neither gonum's nor ganlib's. CPU devices then run the reference engine, whose products go there.
func ForeignBLAS() bool {
	switch blas32.Implementation().(type) {
	case gonum.Implementation, OwnBLAS:
		return false
	}
	return true
}
