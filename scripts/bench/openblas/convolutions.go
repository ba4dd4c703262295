package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/netlib/blas/netlib"

	"ganlib/config"
	"ganlib/internal/bench"
	_ "ganlib/presets" // the names that config knows
)

// raceConvolutions times the convolutions of a CatFaces iteration, features 64 and batch 32, in turn on the
// fast engine and as patch matrices, which the reference engine makes, times weights by OpenBLAS.
func raceConvolutions(engine string) error {
	c, err := config.Resolve(config.Sources{Preset: "catfaces"})
	if err != nil {
		return err
	}
	sum := func(engine string, products blas.Float32) (float64, error) {
		blas32.Use(products)
		r, err := bench.Run(context.Background(), bench.Options{Config: c, Engine: engine, Threads: *threads, Rounds: 1})
		if err != nil {
			return 0, err
		}
		ms := 0.0
		for _, p := range r.Parts {
			if strings.HasPrefix(p.Op, "conv2d") {
				ms += p.Milliseconds
			}
		}
		return ms, nil
	}
	var ours, theirs, ratios []float64
	for n := range *rounds {
		a, err := sum(engine, gonum.Implementation{})
		if err != nil {
			return err
		}
		b, err := sum("reference", netlib.Implementation{})
		if err != nil {
			return err
		}
		ours, theirs, ratios = append(ours, a), append(theirs, b), append(ratios, b/a)
		fmt.Printf("round %d: %.0f ms, with OpenBLAS and patch matrices %.0f ms, ratio %.2f\n", n+1, a, b, b/a)
	}
	for _, list := range [][]float64{ours, theirs, ratios} {
		slices.Sort(list)
	}
	middle := len(ratios) / 2
	fmt.Printf("medians: %.0f ms, %.0f ms; ratio %.2f (%.2f to %.2f)\n", ours[middle], theirs[middle], ratios[middle], ratios[0], ratios[len(ratios)-1])
	return nil
}
