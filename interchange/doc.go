// Package interchange brings trained networks out of a run and into one: state dicts and optimisers in the
// layouts of PyTorch's programs.
//
// Out: [Open] reads a run or a checkpoint; [Model.Torch] is its generator and optimiser as torch.save of the
// CatFaces tutorial has them, and [Model.WriteTorch], [Model.WriteSafetensors] write them; [WriteTraining] writes
// those of a training that goes on.
//
// In: [FromTorch] or [FromSafetensors] lists the state dicts of a file; [Recognise] tells which preset they belong
// to; [Fit] finds those of a preset's networks by the names and shapes of their tensors, takes the networks' sizes
// from them, and [Import.WriteRun] makes a run of it, which can be sampled and exported.
//
// Read dicts.go, then fit.go.
package interchange
