// Package safetensors reads and writes the safetensors format of Hugging Face
// (https://github.com/huggingface/safetensors, "Format"):
//
//	8 bytes   N, the header's length, unsigned, little-endian
//	N bytes   JSON: {"__metadata__": {string: string}, name: {"dtype", "shape", "data_offsets"}, ...}
//	the rest  the tensors' elements, little-endian, row-major, without gaps
//
// [Write] is deterministic: equal tensors and metadata give equal bytes, the same bytes as the
// reference implementation writes. [Read] checks the whole header and nothing but the header; a
// tensor's elements are read when they are asked for, by [File.Float32s] and its relatives.
//
// A file may come from anybody. Every length is checked against the size of the file before memory
// is taken for it, reading the header takes at most 64 times its length, and whatever is inconsistent
// is an error that names the tensor.
package safetensors
