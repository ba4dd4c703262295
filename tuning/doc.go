// Package tuning keeps on disk how products are computed the fastest, as [ganlib/kernels.Tuning] has measured it: one
// table for each kind of GPU, driver and version of the kernels, as a file in a folder of the user's.
//
//	folder, err := tuning.Folder()
//	known, err := tuning.Load(folder, tuning.CardOf(gpu)) // err says what of the file was left out
//	gpu.SetTuning(known)
//
// `ganlib tune` measures and writes; --tuned reads.
package tuning
