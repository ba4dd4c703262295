// Package neighbours finds the training images nearest to a sample, to see whether a generator has learned
// its images by heart.
//
//	x, err := neighbours.NewIndex(set.Pix, set.N, set.H, set.W, set.C)
//	found, err := x.Nearest(sample, 5)
//
// Images are compared when reduced to at most 16 pixels on a side: that is what an eye sees at a glance,
// and it does not mind a shift by a pixel or noise. A sample is also compared mirrored.
package neighbours
