// Package presets builds what a configuration describes: the networks of the five tutorial systems
// and of the toy sets, the variant that trains them, and their data.
//
//	c, err := config.Preset("catfaces")
//	nets, err := presets.Networks(device.NewCPU(0), c)
//	v, err := presets.Variant(nets, c)
//
// The configuration's keys are described in package [ganlib/config], the systems in its presets.
package presets
