// Package conv computes the three passes of a two-dimensional convolution on the fast CPU engine:
// towards the output, the input and the weights. Images are (N,H,W,C), weights (O,KH,KW,C), all
// float32.
//
// Several ways lead to each pass, and a rule of sizes chooses:
//
//   - Implicit products: the patches under the kernel are the rows of a matrix that is never written
//     down; tasks copy the pieces they need (patches.go, direct.go). The pass towards the input is one
//     such product for each phase of the stride, over the outputs that touch the pixels of the phase.
//     Any kernel, stride and padding.
//   - Winograd's minimal filtering for 4×4 and 5×5 kernels of stride 2: the phases of the image turn the
//     pass into correlations of stride 1 with two or three taps in each dimension, which take nine
//     multiplications for sixteen, or 25 for 64 in larger tiles, or 49 for a hundred (winograd*.go).
//   - For images of few channels, products that sum over the lines of an image where it lies
//     (narrow.go), and towards such images products whose columns are neighbouring pixels
//     (planar_input.go), or that add one line of the kernel at a time (narrow_input.go).
//
// Products of few columns take narrower vectors where wide ones gain nothing (vectors.go). Layers of few
// channels wait for memory more than they multiply, so Winograd's tasks ask for what they read and write
// next while they multiply (fetch.go).
//
// Read geometry.go, patches.go and direct.go first.
package conv
