package torchfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// folder is the name under which everything lies in an archive, as torch.save has it for a file without
// a name.
const folder = "archive/"

// alignment of each storage in the file, bytes, so that PyTorch can map it into memory.
const alignment = 64

// Write writes root as torch.save(root) does since PyTorch 1.6, so that torch.load reads it, also with
// weights_only=True. Equal values give equal bytes: there is no time in the file. Tensors that were read from
// a file are written with their whole storage, which those that share it go on sharing; they come back the
// same. []byte cannot be written, nor a storage of 4 GiB or more. Values that cannot be written are an error
// that names their path, before anything is written; a tensor whose elements cannot be made is one after
// parts of the file have been.
func Write(w io.Writer, root any) error {
	var p pickler
	pickle, err := p.pickle(root)
	if err != nil {
		return fmt.Errorf("torchfile: write: %w", err)
	}
	for i, s := range p.storages {
		if s.size > math.MaxUint32-1 {
			return fmt.Errorf("torchfile: write: storage %d of %d bytes: want less than 4 GiB", i, s.size)
		}
	}
	out := &counter{w: w}
	z := &writer{zip: zip.NewWriter(out), out: out}
	err = errors.Join(z.add("data.pkl", pickle), z.add("byteorder", []byte("little")))
	var data []byte // of the largest storage that was made, and used again
	for i := 0; i < len(p.storages) && err == nil; i++ {
		s := p.storages[i]
		if data, err = s.all(data); err == nil {
			err = z.add("data/"+p.keys[s], data)
		}
		if err != nil {
			err = fmt.Errorf("storage %d: %w", i, err)
		}
	}
	if err == nil {
		err = errors.Join(z.add("version", []byte("3\n")), z.zip.Close())
	}
	if err != nil {
		return fmt.Errorf("torchfile: write: %w", err)
	}
	return nil
}

// writer writes entries as they are, each at a multiple of the alignment.
type writer struct {
	zip *zip.Writer
	out *counter
}

func (z *writer) add(name string, data []byte) error {
	if err := z.zip.Flush(); err != nil {
		return err
	}
	const header, field = 30, 4 // bytes before the name, and of an empty extra field
	h := &zip.FileHeader{
		Name: folder + name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
	}
	gap := int(-(z.out.n + header + int64(len(h.Name)) + field) & (alignment - 1))
	h.Extra = make([]byte, field+gap)
	copy(h.Extra, "FB") // as PyTorch names the field
	h.Extra[2] = byte(gap)
	entry, err := z.zip.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = entry.Write(data)
	return err
}

// counter counts the bytes that are written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
