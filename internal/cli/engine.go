package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"ganlib/device"
)

// engineWords are the values of --engine and of the environment variable.
var engineWords = []string{"auto", device.EngineAVX512.String(), device.EngineAVX2.String(), device.EngineReference.String()}

// engineFlag gives a command the flag that chooses the CPU's engine.
func engineFlag(cmd *cobra.Command, engine *string) {
	cmd.Flags().StringVar(engine, "engine", "",
		"compute on the CPU with engine `E`: auto (the fastest here), avx512, avx2 or reference; without it as the environment variable "+
			device.EngineVariable+" says, or the fastest")
	complete(cmd, "engine", engineWords)
}

// checkEngine refuses a --engine that no machine has.
func checkEngine(cmd *cobra.Command, engine string) error {
	if cmd.Flags().Changed("engine") && !slices.Contains(engineWords, engine) {
		return usagef("--engine %s: want auto, avx512, avx2 or reference", engine)
	}
	return nil
}
