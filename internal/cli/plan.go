package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"ganlib/config"
	"ganlib/internal/words"
	"ganlib/layers"
	"ganlib/runner"
)

// plan prints what a training would be, and writes nothing.
func (a *app) plan(ctx context.Context, o runner.Options, notes []string) error {
	p, err := runner.MakePlan(ctx, o)
	a.console.end()
	if err != nil {
		return err
	}
	for _, note := range append(notes, p.Mistakes...) {
		a.console.printf("%s", note)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s\t%v\n", name, value) }
	line("device", strings.TrimPrefix(p.Device, "Device: "))
	for _, text := range p.Tuning {
		line("tuning", printable(strings.TrimPrefix(text, "Tuning: ")))
	}
	line("data", printable(p.Data))
	line("samples", words.Grouped(p.Images))
	line("steps", fmt.Sprintf("%s (%s an epoch)", words.Grouped(p.TotalSteps), words.Grouped(p.StepsPerEpoch)))
	line("work", fmt.Sprintf("%.3g operations a step, %.3g in all", float64(p.FlopsPerStep), float64(p.FlopsPerStep)*float64(p.TotalSteps)))
	line("memory", fmt.Sprintf("%s: tensors %s (parameters %s), kernels %s, data %s, the program %s",
		megabytes(p.MemoryBytes), megabytes(p.TensorBytes), megabytes(p.ParameterBytes), megabytes(p.KernelBytes), megabytes(p.DataBytes),
		megabytes(p.MemoryBytes-p.TensorBytes-p.KernelBytes-p.DataBytes)))
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range []layers.Summary{p.Generator, p.Critic} {
		if _, err := fmt.Fprintln(a.out); err != nil {
			return err
		}
		if err := s.Write(a.out); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(a.out, "\n%s", config.Marshal(p.Config))
	return err
}
