// Package datasets reads training images, and draws the two-dimensional sets on which GANs are
// tried out first.
//
// An [Images] is a finite, numbered collection of 8-bit images of one size, channels last. [Open]
// makes one from a folder, an archive, MNIST's files or a packed set; packages below this one draw and fetch
// others; a program may bring its own. [Load] decodes all of it once, in parallel, into a [Set]:
// one block of bytes of shape (N,H,W,C) with a fingerprint. Images stay bytes: whoever gathers a
// batch scales it to [-1,1].
//
// [Order] says which images come next: a position in an endless row of shuffled passes that is two
// numbers to save and is the same on every device. [Points] are the toy sets.
//
// Decoding and resizing follow what Pillow does for PyTorch's image folders: drop the alpha
// channel, resize with an antialiased bilinear filter. See [Options].
//
// Read images.go first, then load.go and order.go; folder.go, archive.go, idx.go and packed.go are the readers.
package datasets
