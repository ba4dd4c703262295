// Package pack turns a source of images into one packed file (package [ganlib/formats/packed]): decoded,
// cropped and resized once, without what cannot be read, what is too small or too large, and what is
// there twice.
//
//	src, err := datasets.Open("photographs", datasets.Options{Size: 64, Channels: 3, Crop: crop, MinSide: 100})
//	report, err := pack.Build(ctx, src, w, pack.Defaults())
//
// [Build] decodes in parallel and decides in the source's order, so the file's bytes do not depend on
// the number of workers; folders and archives are sorted by name, so neither do they on the order in
// which files were made. Only a few images are in memory at a time.
//
// Read pack.go first; look.go says when two pictures are alike, alike.go finds them.
package pack
