// Package fetch downloads published data sets into the folders that training reads: MNIST as its four
// idx files, and the cats of the Oxford-IIIT Pet Dataset cropped to their heads.
//
//	set          what is fetched                      where it goes, under Options.Dir
//	mnist        four .gz files, 12 MB                MNIST/*.gz
//	oxford-pets  two archives, 811 MB, then cropped   PetFaces/cats/*.jpg (archives: oxford-iiit-pet/)
//	catfaces     by hand, from Kaggle                 CatFaces/cats/*.jpg
//	celeba       by hand, from its authors            celeba_gan/celeb/*.jpg
//
// [Fetch] is the one entry point, [Sets] the list. Every file has a size and a SHA-256 sum in the code
// (sets.go), so a mirror need not be trusted: bytes that do not match never get the final name.
//
// A download goes to a file with the suffix .part, is checked, synced and renamed. What breaks it off
// (a cut connection, a server that falls silent, a cancelled context) leaves the part, and the next
// attempt asks for the rest with a Range request. Archives are read as a stream: entry names are
// compared with the names that are wanted and never used as paths.
//
// Read sets.go first, then transfer.go (attempts and mirrors), attempt.go (one request), and pets.go
// with voc.go and crop.go (from archives to heads).
package fetch
