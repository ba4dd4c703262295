// Package all registers every variant of the library, for commands and configurations that choose
// one by name.
package all

import (
	_ "ganlib/variants/ganbce"   // gan-bce
	_ "ganlib/variants/lsgan"    // lsgan
	_ "ganlib/variants/wganclip" // wgan-clip
	_ "ganlib/variants/wgangp"   // wgan-gp
)
