package ptx

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

// extension of PTX files: they are compressed, since every program that uses the kernels carries them.
const extension = ".ptx.gz"

// writeFile writes PTX.
func writeFile(name, text string) error {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o666)
}

// unpack returns the PTX of a file's contents.
func unpack(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return text, nil
}
