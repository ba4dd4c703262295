// Package plot draws the curves of trainings: losses, penalty and distance over the generator steps, of
// one or several runs, as PNG or SVG.
//
//	err := plot.Draw(w, plot.PNG, []plot.Run{{Name: "train0", Rows: rows}}, plot.Options{Smoothing: 0.9})
//
// The rows are those of a run's table of scalars ([ganlib/report.ReadScalars]). Drawing is gonum/plot's.
package plot
