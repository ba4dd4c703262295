package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/presets"
	"ganlib/variants"
)

// maxBatch is config's own limit of BATCH_SIZE.
const maxBatch = 65_536

func (a *app) summaryCommand() *cobra.Command {
	var s setup
	batch := 8
	cmd := &cobra.Command{
		Use: "summary", Short: "Print the layers and sizes of both networks", Args: atMost(0, "flags only"),
		Long: "Summary prints the layers, parameters, multiply-adds and memory of the generator and the critic that a\n" +
			"configuration describes, counted as torchinfo counts them. Nothing is computed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if batch < 1 || batch > maxBatch {
				return usagef("--batch %d: want 1 to %d", batch, maxBatch)
			}
			c, err := s.resolve(cmd, nil, device.Options{Name: "auto"})
			if err != nil {
				return err
			}
			nets, err := metaNetworks(c.config)
			if err != nil {
				return err
			}
			for _, note := range c.notes {
				a.console.printf("%s", note)
			}
			if err := nets.Generator.Summarise(batch).Write(a.out); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(a.out); err != nil {
				return err
			}
			return nets.Critic.Summarise(batch).Write(a.out)
		},
	}
	s.register(cmd)
	cmd.Flags().IntVar(&batch, "batch", batch, "`N`, samples in the batch")
	cmd.Flags().SortFlags = false
	return cmd
}

// metaNetworks builds the networks of a configuration without memory for them.
func metaNetworks(c config.Config) (variants.Networks, error) {
	return presets.Networks(device.NewMeta(), c)
}
