package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/device"
	"ganlib/interchange"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/runs"
)

// exporter writes trained networks in a format of other programs.
type exporter struct {
	about    string   // for --help: what it is, in a few words
	suffixes []string // of files that are taken for this format without --format
	one      bool     // holds one network only: generator or critic
	// write writes the network or networks; notes are lines that say what is left out.
	write func(ctx context.Context, w io.Writer, m *interchange.Model, which interchange.Which) (notes []string, err error)
}

// exporters are the formats by name.
var exporters = map[string]exporter{
	"pth": {
		about: "PyTorch: {'state_dict', 'optimizer'}", suffixes: []string{".pth", ".pth.tar", ".pt"},
		write: func(_ context.Context, w io.Writer, m *interchange.Model, which interchange.Which) ([]string, error) {
			return m.WriteTorch(w, which)
		},
	},
	"safetensors": {
		about: "a state dict alone", suffixes: []string{".safetensors"},
		write: func(_ context.Context, w io.Writer, m *interchange.Model, which interchange.Which) ([]string, error) {
			return nil, m.WriteSafetensors(w, which)
		},
	},
}

// exportOptions are the flags of export.
type exportOptions struct {
	path, format, out, network string
	memory                     maxMemory
}

func (a *app) exportCommand() *cobra.Command {
	o := exportOptions{network: string(interchange.Generator)}
	formats := slices.Sorted(maps.Keys(exporters))
	var abouts []string
	for _, name := range formats {
		abouts = append(abouts, fmt.Sprintf("  %-12s %s", name, exporters[name].about))
	}
	cmd := &cobra.Command{
		Use: "export --path RUN --out FILE", Short: "Write a trained network in the format of another program",
		Long: "Export writes the generator of a run's newest checkpoint, or of a checkpoint file, in one of these formats:\n\n" +
			strings.Join(abouts, "\n") + "\n\nTensors have PyTorch's names and order.",
		Args: atMost(0, "flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.path == "" || o.out == "" {
				return usagef("--path and --out: want a run or a checkpoint, and a file to write")
			}
			if o.format == "" {
				o.format = formatOf(o.out)
			}
			e, ok := exporters[o.format]
			if o.format == "" {
				return usagef("--out %s: a name that tells no format: name one of %s with --format", printable(o.out), words.List(formats))
			}
			if !ok {
				return usagef("--format %s: want one of %s", printable(o.format), words.List(formats))
			}
			which := interchange.Which(o.network)
			switch {
			case which != interchange.Generator && which != interchange.Critic && which != interchange.Both:
				return usagef("--network %s: want generator, critic or both", printable(o.network))
			case e.one && which == interchange.Both:
				return usagef("--network both: %s holds one network, want generator or critic", o.format)
			}
			return a.export(cmd.Context(), o, e, which)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.path, "path", "", "folder of a run, or checkpoint `FILE`")
	f.StringVar(&o.format, "format", "", "`F`: "+strings.Join(formats, ", ")+"; without it, as the name of --out says")
	f.StringVar(&o.out, "out", "", "`FILE` to write; an old one is replaced")
	f.StringVar(&o.network, "network", o.network, "`N`: generator, critic, or both where the format holds two")
	o.memory.register(cmd)
	complete(cmd, "format", formats)
	complete(cmd, "network", []string{"generator", "critic", "both"})
	f.SortFlags = false
	return cmd
}

// formatOf returns the format that a file's name ends in, "" if there is none.
func formatOf(path string) string {
	for _, name := range slices.Sorted(maps.Keys(exporters)) {
		if slices.ContainsFunc(exporters[name].suffixes, func(s string) bool { return strings.HasSuffix(path, s) }) {
			return name
		}
	}
	return ""
}

// fits refuses networks that there is not the memory for. What is wrong with a file that cannot be read, package
// interchange says.
func (o exportOptions) fits() error {
	path, err := runs.CheckpointAt(o.path)
	if err != nil {
		return nil
	}
	c, err := checkpointConfig(path)
	if err != nil {
		return nil
	}
	meta := device.NewMeta()
	nets, err := presets.Networks(meta, c)
	if err != nil {
		return nil
	}
	largest := 0 // of the tensors, that is converted
	for _, net := range []*layers.Network{nets.Generator, nets.Critic} {
		for _, p := range net.Params() {
			largest = max(largest, 4*p.Shape.Len())
		}
	}
	networks := int64(meta.Allocated()) // half of it values, which are read before they are copied
	parts := []memory.Part{{Name: "the networks", Bytes: networks}}
	return o.memory.budget(nil).Check("the export", memory.Accounted(networks+networks/2+3*int64(largest)), parts, func() string {
		return "a network is exported as a whole"
	})
}

func (a *app) export(ctx context.Context, o exportOptions, e exporter, which interchange.Which) error {
	defer o.memory.hold()()
	if err := o.fits(); err != nil {
		return err
	}
	m, err := interchange.Open(o.path)
	if err != nil {
		return err
	}
	defer m.Close()
	var notes []string
	err = runs.WriteFile(o.out, func(w io.Writer) (err error) {
		notes, err = e.write(ctx, w, m, which)
		return err
	})
	if err != nil {
		return err
	}
	for _, note := range notes {
		a.console.printf("%s", printable(note))
	}
	info, err := os.Stat(o.out)
	if err != nil {
		return err
	}
	what := "generator and critic"
	if which != interchange.Both {
		what = string(which)
	}
	_, err = fmt.Fprintf(a.out, "%s: %s, %s of step %d from %s, %s\n",
		printable(o.out), o.format, what, m.Progress.GeneratorSteps, printable(m.Path), megabytes(info.Size()))
	return err
}
