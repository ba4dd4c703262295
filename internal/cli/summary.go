package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/layers"
	"ganlib/presets"
	"ganlib/variants"
)

// maxBatch is config's own limit of BATCH_SIZE.
const maxBatch = 65_536

func (a *app) summaryCommand() *cobra.Command {
	var s setup
	batch, asJSON := 8, false
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
			if asJSON {
				return a.printJSON([]summaryFacts{summaryOf(nets.Generator.Summarise(batch)), summaryOf(nets.Critic.Summarise(batch))})
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
	jsonFlag(cmd, &asJSON)
	cmd.Flags().SortFlags = false
	return cmd
}

// summaryFacts is what summary prints of a network with --json.
type summaryFacts struct {
	Network     string       `json:"network"`
	Batch       int          `json:"batch"`
	Params      int          `json:"params"`
	Trainable   int          `json:"trainable"`
	MultAdds    int64        `json:"mult_adds"` // as torchinfo counts
	WorkAdds    int64        `json:"work_adds"` // as computed
	InputBytes  int64        `json:"input_bytes"`
	PassBytes   int64        `json:"pass_bytes"`
	ParamsBytes int64        `json:"params_bytes"`
	Layers      []layerFacts `json:"layers"`
}

// layerFacts is one layer of a network.
type layerFacts struct {
	Name   string `json:"name"`
	Layer  string `json:"layer"`
	Output []int  `json:"output"` // N,H,W,C or N,features
	Params int    `json:"params"`
}

func summaryOf(s layers.Summary) summaryFacts {
	f := summaryFacts{
		Network: s.Network, Batch: s.Batch, Params: s.Params, Trainable: s.Trainable, MultAdds: s.MultAdds, WorkAdds: s.WorkAdds,
		InputBytes: s.InputBytes, PassBytes: s.PassBytes, ParamsBytes: s.ParBytes, Layers: []layerFacts{},
	}
	for _, l := range s.Layers {
		f.Layers = append(f.Layers, layerFacts{l.Name, l.Layer, l.Output[:l.Output.Rank()], l.Params})
	}
	return f
}

// metaNetworks builds the networks of a configuration without memory for them.
func metaNetworks(c config.Config) (variants.Networks, error) {
	return presets.Networks(device.NewMeta(), c)
}
