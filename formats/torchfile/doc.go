// Package torchfile reads and writes the files of torch.save, .pth and .pth.tar: tensors and plain values
// in dictionaries, lists and tuples.
//
// Since PyTorch 1.6 such a file is a zip archive, under any one folder's name
// (https://pytorch.org/docs/stable/notes/serialization.html):
//
//	archive/data.pkl   a pickle of the objects; tensors refer to storages by key
//	archive/data/0…    each storage's elements, stored without compression
//	archive/version    "3\n"; archive/byteorder, if present, "little"
//
// Before, it was a row of pickles (a magic number, a version, the machine, the objects, the storages' keys)
// and then for each key the number of elements, eight bytes, and the elements. [Read] reads both, [Write]
// writes the first.
//
// A pickle is a program, and a file may come from anybody. None of it is run here: the reader knows the
// instructions that build plain values and a fixed list of names, those of tensors, storages, OrderedDict,
// torch.Size and their like. A file that names anything else is a [*RefusedError] that says what it wanted.
// Sizes are compared with the file's before memory is taken, and whatever is cut off or inconsistent is an
// error; [Options] has the limits.
//
// Read value.go for what a file holds, tensor.go for tensors, then unpickle.go.
package torchfile
