package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/interchange"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/layers"
	"ganlib/presets"
)

// importOptions are the flags of import.
type importOptions struct {
	preset, out string
	sets        []string
	memory      maxMemory
}

func (a *app) importCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use: "import FILE --out RUN", Short: "Make a run of a network that another program trained",
		Long: "Import reads a file with the generator of a preset, and its critic and optimisers if they are there, and makes a\n" +
			"run of it that sample, export and inspect take. The networks' sizes come from the file. No code in a file is run:\n" +
			"one that asks for it is refused. Files of: " + words.List(importable()) + ".",
		Args: exactly("a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if o.out == "" {
				return usagef("--out: want the folder of the run to make")
			}
			return a.importFile(args[0], o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", o.preset, "`P`, the system that the file's networks belong to; otherwise the one that they fit")
	f.StringVar(&o.out, "out", "", "folder of the `RUN` to make; it must not exist")
	f.StringArrayVar(&o.sets, "set", nil, "`K=V`, the value of one configuration key; may be repeated")
	complete(cmd, "preset", config.Presets())
	complete(cmd, "set", setWords())
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

// importable names the formats of files that networks are read from.
func importable() (names []string) {
	for _, format := range append(slices.Clone(fileFormats), safetensorsFormat) {
		if format.load != nil {
			names = append(names, format.name)
		}
	}
	return names
}

// fit finds the networks of a preset, or without one of whichever they belong to, with the given values of keys.
func fit(content *interchange.File, preset string, sets []string) (_ *interchange.Import, err error) {
	if preset == "" {
		if preset, err = interchange.Recognise(content); err != nil {
			return nil, err
		}
	}
	c, err := config.Resolve(config.Sources{Preset: preset, Sets: sets})
	if err != nil {
		return nil, err
	}
	return interchange.Fit(content, c)
}

// fits refuses networks that there is not the memory for.
func (o importOptions) fits(c config.Config) error {
	p, err := presets.PlanStep(device.NewMeta(), c, c.BatchSize)
	if err != nil {
		return err
	}
	const each = 24 // bytes of an element, on its way from the file
	largest := 0
	for _, net := range []*layers.Network{p.Networks.Generator, p.Networks.Critic} {
		for _, param := range net.Params() {
			largest = max(largest, each*param.Shape.Len())
		}
	}
	noise := 4 * int64(p.Networks.Generator.Input().Batch(c.BatchSize).Len())
	parts := []memory.Part{{Name: "the networks with their gradients and optimisers", Bytes: p.State}, {Name: "the largest tensor", Bytes: int64(largest) + noise}}
	return o.memory.check("importing it", parts, func(int64) string { return "networks are imported as a whole" })
}

func (a *app) importFile(path string, o importOptions) error {
	defer o.memory.hold()()
	file, size, format, err := openFile(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if format.load == nil {
		return fmt.Errorf("import %s: a file of %s: want one of %s", path, format.name, words.List(importable()))
	}
	content, err := format.load(file, size, o.memory.budget(nil).Free)
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	found, err := fit(content, o.preset, o.sets)
	if err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	if err := o.fits(found.Config); err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	if err := found.WriteRun(o.out); err != nil {
		return fmt.Errorf("import %s: %w", path, err)
	}
	for _, note := range found.Notes {
		a.console.printf("%s", printable(note))
	}
	return a.tellImport(path, o.out, found)
}

// tellImport says what was found where.
func (a *app) tellImport(path, out string, found *interchange.Import) error {
	nets, err := presets.Networks(device.NewMeta(), found.Config)
	if err != nil {
		return err
	}
	line := func(what string, s interchange.Source, params int) {
		switch {
		case s.Dict == nil:
			return
		case s.Optimizer == nil:
			fmt.Fprintf(a.out, "%s: %s from %s\n", what, words.Counted(params, "parameter"), printable(s.String()))
		default:
			fmt.Fprintf(a.out, "%s: %s from %s, %s after %s from %s\n", what, words.Counted(params, "parameter"), printable(s.String()),
				s.Optimizer.Rule, words.Counted(s.Optimizer.Steps, "step"), printable(s.Optimizer.Path))
		}
	}
	line("generator", found.Generator, nets.Generator.NumParams())
	line("critic", found.Critic, nets.Critic.NumParams())
	shape := "points"
	if s := nets.Generator.Output(); s.Rank() == 3 {
		shape = fmt.Sprintf("%d×%d×%d", s[2], s[0], s[1])
	}
	_, err = fmt.Fprintf(a.out, "%s: preset %s, z %d, %s, from %s\nSee it with: %s sample --path %s\n", printable(out), found.Config.Preset,
		found.Config.ZDim, shape, printable(path), a.program.Name, shellWord(out))
	return err
}
