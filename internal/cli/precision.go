package cli

import (
	"github.com/spf13/cobra"

	"ganlib/device"
)

// precisionWords are the values of --precision.
var precisionWords = []string{device.Float32.String(), device.TF32.String(), device.BFloat16.String()}

// precisionFlag gives a command the flag that chooses what a GPU multiplies in.
func precisionFlag(cmd *cobra.Command, precision *string) {
	cmd.Flags().StringVar(precision, "precision", device.Float32.String(),
		"a GPU's products and convolutions round their operands to `P`: float32, tf32 or bf16; the latter run on tensor cores, from compute capability 8.0 on")
	complete(cmd, "precision", precisionWords)
}

// checkPrecision refuses a --precision that no device has.
func checkPrecision(precision string) error {
	if _, err := device.ParsePrecision(precision); err != nil || precision == "" {
		return usagef("--precision %s: want float32, tf32 or bf16", precision)
	}
	return nil
}
