// Command openblas times ganlib's Sgemm in turn with OpenBLAS's, gonum's, and the multiply-add peak, in
// one process, and prints a table of GFLOP/s with shares of the peak and ratios. It is a module of its
// own, since it needs cgo and OpenBLAS:
//
//	apt-get install libopenblas-dev
//	cd scripts/bench/openblas && go build -o /tmp/openblas . && OPENBLAS_THREAD_TIMEOUT=4 /tmp/openblas -threads 2
//
// OpenBLAS's threads spin for a while after each call, on the cores that the next one in turn needs;
// OPENBLAS_THREAD_TIMEOUT=4 makes that short. OpenBLAS also chooses its kernels by the processor's model
// number, and takes one that is newer than itself for an old one: see the core in the first line, and if it
// says Prescott, set OPENBLAS_CORETYPE to SkylakeX, Haswell or Zen.
//
// With one thread, times are of the processor and not of the clock, so that other programs' share does not
// count. With more, there is a pause before each turn, so that the workers of the one before have gone to
// sleep. Each number is the best of its rounds.
//
// With -convolutions it times the convolutions of a CatFaces iteration, by the clock, beside OpenBLAS on patch
// matrices.
package main

/*
#cgo LDFLAGS: -lopenblas
extern void openblas_set_num_threads(int);
extern char* openblas_get_config(void);
extern char* openblas_get_corename(void);
*/
import "C"

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/netlib/blas/netlib"

	"ganlib/device"
	"ganlib/internal/gemm/gemmtest"
	"ganlib/kernels/sgemm"
)

var (
	threads      = flag.Int("threads", 1, "threads of each")
	rounds       = flag.Int("rounds", 9, "rounds in turn")
	only         = flag.String("only", "", "only products whose name contains this")
	others       = flag.Bool("others", false, "squares, few rows and other kinds instead of the networks' products")
	withGonum    = flag.Bool("gonum", false, "time gonum too, in two of the rounds")
	convolutions = flag.Bool("convolutions", false, "the convolutions of a training iteration instead of products")
)

// pause is longer than ganlib's workers look out for more work, and OpenBLAS's with a short timeout.
const pause = 10 * time.Millisecond

func main() {
	flag.Parse()
	runtime.GOMAXPROCS(*threads)
	C.openblas_set_num_threads(C.int(*threads))
	engine, err := device.DefaultEngine()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d threads; sgemm on %v; OpenBLAS on its %s core (%s)\n", *threads, engine,
		C.GoString(C.openblas_get_corename()), strings.TrimSpace(C.GoString(C.openblas_get_config())))

	if *convolutions {
		if err := raceConvolutions(engine.String()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	shapes := gemmtest.Networks()
	if *others {
		shapes = gemmtest.Others()
	}
	pool := device.NewPool(*threads)
	defer pool.Close()
	fmt.Printf("%-20s %6s %6s %6s %6s | %6s %5s | %8s %5s %6s", "product", "M", "N", "K", "peak", "sgemm", "share", "OpenBLAS", "share", "ratio")
	if *withGonum {
		fmt.Printf(" | %6s %6s", "gonum", "ratio")
	}
	fmt.Println()
	var sum result
	count := 0.0
	for _, s := range shapes {
		if !strings.Contains(s.Name, *only) {
			continue
		}
		r := race(s, pool)
		fmt.Printf("%-20s %6d %6d %6d %6.1f | %6.1f %5.2f | %8.1f %5.2f %6.2f", s.Name, s.M, s.N, s.K,
			r.peak, r.ours, r.ours/r.peak, r.openBLAS, r.openBLAS/r.peak, r.ours/r.openBLAS)
		if *withGonum {
			fmt.Printf(" | %6.1f %6.1f", r.gonum, r.ours/r.gonum)
		}
		fmt.Println()
		sum.ours += math.Log(r.ours / r.peak)
		sum.openBLAS += math.Log(r.ours / r.openBLAS)
		sum.gonum += math.Log(r.ours / r.gonum)
		count++
	}
	fmt.Printf("geometric means: %.3f of the peak, %.3f times OpenBLAS", math.Exp(sum.ours/count), math.Exp(sum.openBLAS/count))
	if *withGonum {
		fmt.Printf(", %.1f times gonum", math.Exp(sum.gonum/count))
	}
	fmt.Println()
}

// result is the best of each, in GFLOP/s.
type result struct{ peak, ours, openBLAS, gonum float64 }

// race times one product in turn.
func race(s gemmtest.Shape, pool *device.Pool) (best result) {
	tA, tB := blas.NoTrans, blas.NoTrans
	if s.TA {
		tA = blas.Trans
	}
	if s.TB {
		tB = blas.Trans
	}
	a, b, c, lda, ldb := s.Matrices()
	repeats := max(1, int(2e7/s.Flops()))
	timed := func(i blas.Float32Level3) float64 {
		if *threads > 1 {
			time.Sleep(pause)
			i.Sgemm(tA, tB, 16, 16, 16, 1, a, lda, b, ldb, 0, c, 16) // wakes its workers
		}
		start := now()
		for range repeats {
			i.Sgemm(tA, tB, s.M, s.N, s.K, 1, a, lda, b, ldb, 0, c, s.N)
		}
		return s.Flops() * float64(repeats) / (now() - start) / 1e9
	}
	timed(sgemm.Implementation{})
	timed(netlib.Implementation{})
	for n := range *rounds {
		start := now()
		flops := gemmtest.Exert(pool, gemmtest.ISA())
		best.peak = max(best.peak, flops/(now()-start)/1e9)
		best.ours = max(best.ours, timed(sgemm.Implementation{}))
		best.openBLAS = max(best.openBLAS, timed(netlib.Implementation{}))
		if *withGonum && n < 2 {
			best.gonum = max(best.gonum, timed(gonum.Implementation{}))
		}
	}
	return best
}

// now returns seconds: of the processor's work for this process if one thread is timed, else of the
// clock.
func now() float64 {
	if *threads > 1 {
		return float64(time.Now().UnixNano()) * 1e-9
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) * 1e-9
}
