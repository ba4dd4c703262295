// Package drawn draws cats' faces: an endless set of images, made by code from a seed. It serves
// where no photographs are at hand, so that a GAN can be tried at once.
//
// A face begins as a list of traits (traits.go), drawn from counter-based random numbers: pose,
// measures of head, ears, eyes and mouth, the kind of coat, light and backdrop. What follows from
// them is a function from points of the picture to colours (face.go), in which distances from
// implicit outlines make soft-edged shapes, a sum of smooth hills gives the shading, masks lay
// stripes, patches and white over the coat (pattern.go), and value noise stands for hair. Since
// shapes are functions, the same face comes out at every size.
//
// Read face.go first.
package drawn
