// Package checkpoint writes and reads the full state of a training: both networks with their buffers,
// both optimisers, all counters, and the configuration. A trainer restored from it continues bit for
// bit as if it had never stopped.
//
// A checkpoint is a safetensors file, so that everyone's tools read it. Tensors are in PyTorch's order
// and have its names behind a prefix:
//
//	generator.gen.0.0.weight             parameters and buffers
//	optimizer.generator.m.gen.0.0.weight optimiser state, one number for each parameter
//	fixed_noise                          the noise of the fixed sample grids
//
// Everything else is text in the metadata: "format", "variant", "config.…", "progress.…", "data.…",
// "optimizer.…". A checkpoint holds no time and no path: equal trainings give equal bytes.
package checkpoint
