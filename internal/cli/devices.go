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
	var asJSON bool
	cmd := &cobra.Command{
		Use: "devices", Short: "List what can be computed on", Args: atMost(0, "none"),
		Long: "Devices lists the CPU and the GPUs that --device and DEVICE can name, and why there are no GPUs if there\nare none.",
		RunE: func(*cobra.Command, []string) error {
			cpu, err := device.Open(device.Options{Name: "cpu"})
			if err != nil {
				return err
			}
			defer cpu.Close()
			list, err := listDevices(cpu)
			if asJSON {
				return a.printJSON(list)
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			for _, d := range list {
				fmt.Fprintf(w, "%s\t%s\n", d.Name, printable(d.Description))
			}
			if err != nil {
				fmt.Fprintf(w, "cuda\tnone: %v\n", err)
			}
			return w.Flush()
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// deviceFacts is what devices prints of each device with --json.
type deviceFacts struct {
	Name            string `json:"name"` // as --device takes it
	Engine          string `json:"engine"`
	Threads         int    `json:"threads,omitempty"` // of a CPU
	Model           string `json:"model,omitempty"`   // of a GPU, as all that follow
	Capability      string `json:"compute_capability,omitempty"`
	Multiprocessors int    `json:"multiprocessors,omitempty"`
	Bytes           uint64 `json:"bytes,omitempty"`
	CUDA            string `json:"cuda,omitempty"`
	Driver          string `json:"driver,omitempty"`
	Description     string `json:"description"`
}

// listDevices lists the CPU and the GPUs; the error says why there are none.
func listDevices(cpu device.Device) ([]deviceFacts, error) {
	first := deviceFacts{Name: "cpu", Description: cpu.String()}
	if c, ok := cpu.(*device.CPU); ok {
		first.Engine, first.Threads = c.Engine().String(), c.Pool().Threads()
	}
	list := []deviceFacts{first}
	drv := device.CUDADriver()
	gpus, err := drv.Devices()
	for i, g := range gpus {
		d := deviceFacts{
			Name: fmt.Sprintf("cuda:%d", i), Engine: "cuda", Model: g.Name, Capability: fmt.Sprintf("%d.%d", g.Major, g.Minor),
			Multiprocessors: g.Multiprocessors, Bytes: g.Memory, CUDA: fmt.Sprintf("%d.%d", g.Version/1000, g.Version%1000/10), Driver: drv.Name(),
		}
		d.Description = fmt.Sprintf("%s, compute capability %s, %d multiprocessors, %s, CUDA %s through %s",
			d.Model, d.Capability, d.Multiprocessors, megabytes(int64(d.Bytes)), d.CUDA, d.Driver)
		list = append(list, d)
	}
	return list, err
}
