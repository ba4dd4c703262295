// Ganlib trains generative adversarial networks, draws from them, and looks into data and checkpoints.
//
//	ganlib train --preset mnist-mlp-wgangp
//	ganlib sample --path trains/train0
//	ganlib help
package main

import (
	"os"

	"ganlib/internal/cli"
)

func main() {
	os.Exit(cli.Program{Name: "ganlib", Short: "Train generative adversarial networks, and draw from them"}.Main())
}
