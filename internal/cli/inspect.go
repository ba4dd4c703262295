package cli

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/checkpoint"
	"ganlib/formats/safetensors"
	"ganlib/runs"
)

func (a *app) inspectCommand() *cobra.Command {
	return &cobra.Command{
		Use: "inspect CHECKPOINT|RUN", Short: "Print what a checkpoint holds, and whether its numbers are sound",
		Long: "Inspect prints the metadata of a checkpoint, or of a run's newest one, and of every tensor its type, shape,\n" +
			"smallest and largest value, and how many values are not finite. It reads any safetensors file.",
		Args: exactly("a checkpoint or a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0]) },
	}
}

func (a *app) inspect(ctx context.Context, path string) error {
	path, err := runs.CheckpointAt(path)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("inspect %s: want a file", path)
	}
	file, err := safetensors.Read(f, info.Size())
	if err != nil {
		return fmt.Errorf("inspect %s: %w", path, err)
	}
	kind := "safetensors"
	if file.Metadata()["format"] == checkpoint.Format {
		c, err := checkpoint.Open(path) // checks the metadata
		if err != nil {
			return err
		}
		defer c.Close()
		kind = fmt.Sprintf("%s at generator step %d", checkpoint.Format, c.Progress().GeneratorSteps)
	}
	if _, err := fmt.Fprintf(a.out, "%s: %s, %s\n", printable(path), kind, megabytes(info.Size())); err != nil {
		return err
	}
	if err := a.printMetadata(file); err != nil {
		return err
	}
	return a.printTensors(ctx, file, path)
}

func (a *app) printMetadata(file *safetensors.File) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nMETADATA\tVALUE")
	meta := file.Metadata()
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		fmt.Fprintf(w, "%s\t%s\n", printable(key), printable(shortened(meta[key])))
	}
	return w.Flush()
}

// shortened cuts long texts.
func shortened(text string) string {
	const most = 200
	if runes := []rune(text[:min(len(text), 4*most+4)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func (a *app) printTensors(ctx context.Context, file *safetensors.File, path string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nTENSOR\tTYPE\tSHAPE\tMIN\tMAX\tNOT FINITE")
	elements, bad := 0, 0
	for _, name := range file.Names() {
		if err := ctx.Err(); err != nil {
			return err
		}
		info, _ := file.Info(name)
		s, err := statsOf(file, info)
		if err != nil {
			return fmt.Errorf("inspect %s: %w", path, err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\n", printable(name), printable(string(info.DType)), shapeText(info.Shape), s.lo, s.hi, s.bad)
		elements, bad = elements+info.Len(), bad+s.bad
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%s, %s, %s not finite\n", counted(len(file.Names()), "tensor"), counted(elements, "element"), grouped(bad))
	return err
}

// shapeText writes a shape as PyTorch does: (64,3,4,4), () for a scalar.
func shapeText(shape []int) string {
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ","), "[]") + ")"
}

// tensorStats are the smallest and the largest finite value of a tensor, as text, and the number of
// those that are not finite.
type tensorStats struct {
	lo, hi string
	bad    int
}

// statsOf reads a tensor; of types that are not read as numbers it gives dashes.
func statsOf(file *safetensors.File, info safetensors.Info) (tensorStats, error) {
	switch info.DType {
	case safetensors.F32, safetensors.F16, safetensors.BF16, safetensors.F64:
		values, _, err := file.Float64s(info.Name)
		return floatStats(values), err
	case safetensors.I64, safetensors.I32, safetensors.I16, safetensors.I8, safetensors.U32, safetensors.U16, safetensors.U8:
		values, _, err := file.Int64s(info.Name)
		if err != nil || len(values) == 0 {
			return tensorStats{lo: "-", hi: "-"}, err
		}
		return tensorStats{lo: fmt.Sprint(slices.Min(values)), hi: fmt.Sprint(slices.Max(values))}, nil
	}
	return tensorStats{lo: "-", hi: "-"}, nil
}

func floatStats(values []float64) tensorStats {
	s := tensorStats{lo: "-", hi: "-"}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s.bad++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if lo <= hi {
		s.lo, s.hi = fmt.Sprintf("%.6g", lo), fmt.Sprintf("%.6g", hi)
	}
	return s
}
