package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/device"
)

// deviceWords are the values of --device that need no number.
var deviceWords = []string{"auto", "cpu", "cuda", "ptxsim"}

func (a *app) devicesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "devices", Short: "List what can be computed on", Args: atMost(0, "none"),
		Long: "Devices lists the CPU and the GPUs that --device and DEVICE can name, and why there are no GPUs if there\nare none.",
		RunE: func(*cobra.Command, []string) error {
			cpu, err := device.Open(device.Options{Name: "cpu"})
			if err != nil {
				return err
			}
			defer cpu.Close()
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "cpu\t%v\n", cpu)
			drv := device.CUDADriver()
			gpus, err := drv.Devices()
			for i, g := range gpus {
				fmt.Fprintf(w, "cuda:%d\t%s, compute capability %d.%d, %d multiprocessors, %s, CUDA %d.%d through %s\n",
					i, printable(g.Name), g.Major, g.Minor, g.Multiprocessors, megabytes(int64(g.Memory)), g.Version/1000, g.Version%1000/10, drv.Name())
			}
			if err != nil {
				fmt.Fprintf(w, "cuda\tnone: %v\n", err)
			}
			return w.Flush()
		},
	}
}
