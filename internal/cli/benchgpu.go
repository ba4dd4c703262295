package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"ganlib/internal/bench"
	"ganlib/kernels"
)

// mostProducts is how many products are printed; --json has all.
const mostProducts = 40

// gpuPeaks says what a GPU was measured to do.
func gpuPeaks(p kernels.Peaks) string {
	s := fmt.Sprintf("%.0f GB/s of copies, %.1f TFLOP/s in float32", p.Memory, p.Float32)
	if p.TF32 > 0 {
		s += fmt.Sprintf(", %.0f in tf32, %.0f in bf16", p.TF32, p.BFloat16)
	}
	return s
}

// writeRoofline writes a GPU's kernels and products.
func writeRoofline(out io.Writer, r *bench.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KERNEL\tCALLS\tMS\tSHARE\tMB\tGFLOP\tGB/S\tTFLOP/S\tOF PEAK")
	for _, k := range r.Kernels {
		fmt.Fprintf(w, "%s\t%.4g\t%.4f\t%s\t%s\t%s\t%s\n", k.Name, k.Calls, k.Milliseconds, percent(k.Milliseconds/r.PerIteration),
			unlessZero("%.3g", k.Bytes/1e6), unlessZero("%.3g", k.Flops/1e9), loaded(k.Load))
	}
	fmt.Fprintf(w, "rest\t\t%.4f\t%s\n", r.Rest, percent(r.Rest/r.PerIteration))
	fmt.Fprintf(w, "iteration\t%.4g\t%.4f\n\n", r.Launches, r.PerIteration)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "A kernel's time has the start of the next in it, which takes %.2f µs at the least, and not the %.2f µs of the events around it.\n\n", r.Peaks.Launch, r.Peaks.Events)
	fmt.Fprintln(w, "PRODUCT\tCALLS\tCOUNT\tM\tN\tK\tµS EACH\tMS\tGB/S\tTFLOP/S\tOF PEAK")
	for _, p := range r.Products[:min(mostProducts, len(r.Products))] {
		fmt.Fprintf(w, "%s\t%.4g\t%d\t%d\t%d\t%d\t%.1f\t%.4f\t%s\n", p.Kernel, p.Calls, p.Count, p.M, p.N, p.K, 1000*p.Milliseconds/p.Calls, p.Milliseconds, loaded(p.Load))
	}
	if left := len(r.Products) - mostProducts; left > 0 {
		fmt.Fprintf(w, "%d more\n", left)
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// loaded is the last columns of both tables.
func loaded(l bench.Load) string {
	if l.Bound == "" {
		return "\t\t"
	}
	return fmt.Sprintf("%.0f\t%s\t%.2f %s", l.GBs, unlessZero("%.1f", l.TFLOPS), l.Share, l.Bound)
}
