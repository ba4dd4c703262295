// Package packed reads and writes packed image sets: one file of decoded 8-bit images of one size,
// with the names that they had and check sums over every byte. A training reads it without decoding,
// and may map it into memory. Numbers are little-endian:
//
//	header, 64 bytes
//	     0   8  magic, 89 "GPK" 0D 0A 1A 0A
//	     8   4  version, 1
//	    12   4  height H, 1 to 16,384
//	    16   4  width W, 1 to 16,384
//	    20   4  channels C, 1 (grey) or 3 (RGB)
//	    24  40  zero
//	pixels, at 64
//	         N·H·W·C bytes, (N,H,W,C), then zeros up to a multiple of 64
//	index
//	       4·N  CRC-32C of each image's pixels
//	       4·N  where each image's name ends, in bytes from the first name's beginning
//	         n  the names, UTF-8
//	         m  metadata: a JSON object of strings
//	trailer, the last 128 bytes
//	     0   8  N
//	     8   8  offset of the pixels, 64
//	    16   8  offset of the index
//	    24   8  n
//	    32   8  m
//	    40  32  SHA-256 of the N·H·W·C bytes of pixels
//	    72  32  SHA-256 of the index
//	   104  12  zero
//	   116   4  CRC-32C of the header and of the trailer so far
//	   120   8  the magic again
//
// What is not known before the last image stands at the end, so that a [Writer] needs no seeking and
// keeps no pixels. Equal images, names and metadata give equal bytes.
//
// [Read] checks the header, the trailer and the index; an image is checked when it is read, and
// [File.Verify] checks all. A file may come from anybody: every length is checked against the size of
// the file before memory is taken for it, and the memory is at most that of the index, which Options
// bounds, and 64 times that of the metadata.
//
// A file that is in use may be replaced, by a rename, but must not be changed or cut in place: who has
// mapped it would read other pixels, or be ended by the operating system.
package packed
