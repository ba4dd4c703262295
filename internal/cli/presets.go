package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/config"
)

func (a *app) presetsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "presets [NAME]", Short: "List the systems, or print one's configuration file",
		Args: atMost(1, "a preset's name"), ValidArgs: config.Presets(),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listPresets()
			}
			c, err := config.Preset(args[0])
			if err != nil {
				return err
			}
			_, err = a.out.Write(config.Marshal(c))
			return err
		},
	}
}

func (a *app) listPresets() error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PRESET\tVARIANT\tIMAGE\tGENERATOR\tCRITIC\tSYSTEM\tDATA")
	for _, name := range config.Presets() {
		info, err := config.Describe(name)
		if err != nil {
			return err
		}
		c, err := config.Preset(name)
		if err != nil {
			return err
		}
		nets, err := metaNetworks(c)
		if err != nil {
			return err
		}
		fmt.Fprintln(w, strings.Join([]string{
			name, info.Variant, info.Image, grouped(nets.Generator.Summarise(1).Params), grouped(nets.Critic.Summarise(1).Params),
			info.System, info.Dataset,
		}, "\t"))
	}
	return w.Flush()
}
