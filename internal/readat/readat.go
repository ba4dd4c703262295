// Package readat reads parts of files whole, for the readers of file formats.
package readat

import (
	"errors"
	"fmt"
	"io"
)

// Full fills b from offset; a file that ends early gives [io.ErrUnexpectedEOF].
func Full(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%d bytes at offset %d: %w", len(b), offset, err)
}
