// Package report turns what a run produces into files that people look at: grids of samples and
// clouds of points as pictures, curves as tables, scores as a list.
//
//	[Grid], [Scale]   samples as one picture, and the picture at another width
//	[Scatter]         2-D points, generated over real, for the toy sets
//	[Scalars]         a row per generator step, as JSON lines and as CSV
//	[WriteScores]     the critic's score of every sample
//
// The package takes plain slices and knows no tensors, devices or networks. Pictures are images of
// the standard library, to be encoded with image/png.
package report
