// Package onnx writes networks as ONNX models (https://onnx.ai), which onnxruntime and most other
// engines run, and reads models as far as it takes to look into them.
//
//	model, err := onnx.Export(generator, onnx.Options{Input: "z", Output: "image"})
//	err = model.Write(w)
//
// [Export] takes any network of package layers' own layers. The model computes what the network does in
// evaluation mode, for batches of any size: opset 17, images planar (N,C,H,W) as ONNX has them, weights
// in PyTorch's order and under its names.
//
// A model is a protocol buffer of at most 2 GiB, by the format's own limit. [Read] takes files that
// may come from anybody: it never runs what they describe, and its memory is bounded by their size.
//
// Read model.go, then export.go and translate.go; write.go and read.go are the file.
package onnx
