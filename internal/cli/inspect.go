package cli

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/checkpoint"
	"ganlib/internal/words"
	"ganlib/runs"
)

func (a *app) inspectCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "inspect FILE|RUN", Short: "Print what a file of tensors or events holds, and whether its numbers are sound",
		Long: "Inspect prints the metadata of a checkpoint, or of a run's newest one, and of every tensor its type, shape,\n" +
			"smallest and largest value, and how many values are not finite. It reads any safetensors file, and the files of\n" +
			"PyTorch, ONNX (with its operations), NumPy and Keras. Nothing in a file is run: one that asks for code is refused.\n" +
			"Of one of TensorBoard's event files it prints the tags, their steps, and whether the check sums are right.",
		Args: exactly("a file or a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args[0], asJSON) },
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// inspected is a file of any format as inspect prints it.
type inspected struct {
	kind     string // "safetensors", with what more is to say
	metadata map[string]string
	tensors  []inspectedTensor
}

// inspectedTensor is a line about a tensor. stats reads its elements.
type inspectedTensor struct {
	name, dtype string
	shape       []int
	elements    int
	stats       func() (tensorStats, error)
}

func (a *app) inspect(ctx context.Context, path string, asJSON bool) error {
	path, err := runs.CheckpointAt(path)
	if err != nil {
		return err
	}
	f, size, format, err := openFile(path)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", path, err)
	}
	defer f.Close()
	if format.name == eventsFormat {
		return a.inspectEvents(ctx, f, path, size, asJSON)
	}
	file, err := format.inspect(f, size)
	if err != nil {
		return fmt.Errorf("inspect %s: %w", path, err)
	}
	if file.metadata["format"] == checkpoint.Format {
		c, err := checkpoint.Open(path) // checks the metadata
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.Verify(); err != nil {
			return err
		}
		file.kind = fmt.Sprintf("%s at generator step %d", checkpoint.Format, c.Progress().GeneratorSteps)
	}
	if asJSON {
		return a.inspectJSON(ctx, file, path, size)
	}
	if _, err := fmt.Fprintf(a.out, "%s: %s, %s\n", printable(path), file.kind, megabytes(size)); err != nil {
		return err
	}
	if err := a.printMetadata(file.metadata); err != nil {
		return err
	}
	return a.printTensors(ctx, file, path)
}

func (a *app) printMetadata(meta map[string]string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nMETADATA\tVALUE")
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		fmt.Fprintf(w, "%s\t%s\n", printable(shortened(key)), printable(shortened(meta[key])))
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

func (a *app) printTensors(ctx context.Context, file *inspected, path string) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nTENSOR\tTYPE\tSHAPE\tMIN\tMAX\tNOT FINITE")
	elements, bad := 0, 0
	for _, t := range file.tensors {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := t.stats()
		if err != nil {
			return fmt.Errorf("inspect %s: %s: %w", path, shortened(t.name), err)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\n", printable(shortened(t.name)), printable(t.dtype), shapeText(t.shape), s.lo, s.hi, s.bad)
		elements, bad = elements+t.elements, bad+s.bad
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%s, %s, %s not finite\n", words.Counted(len(file.tensors), "tensor"), words.Counted(elements, "element"), words.Grouped(bad))
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

func intStats(values []int64) tensorStats {
	if len(values) == 0 {
		return tensorStats{lo: "-", hi: "-"}
	}
	return tensorStats{lo: fmt.Sprint(slices.Min(values)), hi: fmt.Sprint(slices.Max(values))}
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
