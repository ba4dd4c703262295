// Catfaces trains a WGAN-GP on faces of cats, and draws new ones:
//
//	catfaces                        train at a size this computer manages
//	catfaces --preset catfaces_3    train as the CatFaces tutorial does, corrected
//	catfaces --resume trains/train0
//	catfaces run --path trains/train0
//
// It has the commands of ganlib, and train is the default.
package main

import (
	"os"

	"ganlib/internal/cli"
)

func main() {
	os.Exit(cli.Program{Name: "catfaces", Short: "Train GANs on faces of cats, and draw new ones", Train: true}.Main())
}
