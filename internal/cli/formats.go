package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ganlib/formats/packed"
	"ganlib/formats/safetensors"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
)

// fileFormat is a kind of file that inspect shows and import reads.
type fileFormat struct {
	name string
	// is reports whether a file of this name that begins so is meant to be one.
	is      func(path string, head []byte) bool
	inspect func(r io.ReaderAt, size int64) (*inspected, error)
	// load reads what is in the file, but for the tensors' elements, in most bytes of memory. nil: it cannot be
	// imported.
	load func(r io.ReaderAt, size, most int64) (*interchange.File, error)
}

// fileFormats are tried in order; what none of them takes is read as safetensors.
var fileFormats = []fileFormat{{
	name:    "PyTorch",
	is:      func(_ string, head []byte) bool { return torchfile.Sniff(head) },
	inspect: inspectTorch, load: loadTorch,
}, {
	name: eventsFormat, is: isEvents,
}}

// eventsFormat has no tensors: inspectEvents is for it.
const eventsFormat = "TensorBoard"

var safetensorsFormat = fileFormat{name: "safetensors", inspect: inspectSafetensors, load: loadSafetensors}

// errPacked is the error for a packed set, which other commands are for.
var errPacked = errors.New("a packed set of images, not of tensors")

// openFile opens a file and tells its format.
func openFile(path string) (*os.File, int64, fileFormat, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fileFormat{}, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: want a file", path)
	}
	if err != nil {
		f.Close()
		return nil, 0, fileFormat{}, err
	}
	head := make([]byte, min(info.Size(), 512))
	if _, err := f.ReadAt(head, 0); err != nil {
		f.Close()
		return nil, 0, fileFormat{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, format := range fileFormats {
		if format.is(path, head) {
			return f, info.Size(), format, nil
		}
	}
	switch {
	case strings.HasPrefix(string(head), packed.Magic):
		f.Close()
		return nil, 0, fileFormat{}, fmt.Errorf("%s: %w", path, errPacked)
	case len(head) > 8 && head[8] != '{': // where a safetensors file's header is
		f.Close()
		return nil, 0, fileFormat{}, fmt.Errorf("%s: neither a checkpoint nor another file of a known format", path)
	}
	return f, info.Size(), safetensorsFormat, nil
}

func loadTorch(r io.ReaderAt, size, most int64) (*interchange.File, error) {
	const growth = 128 // of a pickle, as package torchfile says
	f, err := torchfile.Options{MaxPickle: int(min(max(most/growth, 1), torchfile.DefaultMaxPickle))}.Read(r, size)
	if err != nil {
		return nil, err
	}
	return interchange.FromTorch(f.Root()), nil
}

func loadSafetensors(r io.ReaderAt, size, most int64) (*interchange.File, error) {
	const growth = 32 // of a header whose tensors have the shortest names
	f, err := safetensors.Options{MaxHeader: min(max(most/growth, 1), safetensors.DefaultMaxHeader)}.Read(r, size)
	if err != nil {
		return nil, err
	}
	return interchange.FromSafetensors(f), nil
}
