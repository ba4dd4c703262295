// Package npz reads and writes NumPy's files: .npy, one array, and .npz, a zip archive of them
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
//
//	6 bytes    "\x93NUMPY"
//	2 bytes    version: 1.0, 2.0 or 3.0
//	2 bytes    length of the header, little-endian; 4 bytes from version 2.0 on
//	header     a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//	the rest   the elements
//
// [Write] and [WriteArray] make what numpy.load reads without pickles; equal arrays give equal bytes.
// [Read] checks the headers of all arrays and nothing but the headers; elements are read when they are
// asked for, by [File.Array], in C order whatever the order in the file.
//
// A file may come from anybody. Nothing in it is run: arrays of Python objects are refused. A length is
// checked against the size of the file before memory is taken for it; in compressed files that is the
// size at most that deflate can have come from, 1,032 times the compressed one, and [Options] bound it
// further. [Read] takes at most 64 times the file's size.
package npz
