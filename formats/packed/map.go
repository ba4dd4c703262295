package packed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// Mapping is a packed set in the memory of the process: its pixels come from the disk when they are
// looked at, and may leave memory again when others need it.
type Mapping struct {
	*File

	// Pixels are all images, (N,H,W,C). They are not checked: see [File.Check]. Who writes to them
	// changes this process's copy, not the file. After Close neither they nor the File may be used.
	Pixels []byte

	data []byte
}

// Map maps a packed set into memory and checks what [Read] checks. f may be closed afterwards. Where
// files cannot be mapped the error is [errors.ErrUnsupported]: there Read serves.
//
// As long as the mapping is in use the file must not be cut off: touching what is gone ends the
// process. Replacing it by a rename is safe.
func Map(f *os.File) (*Mapping, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("packed: map: %w", err)
	}
	// Checked by reading, so that a damaged file is an error that says what is wrong.
	if _, err := Read(f, info.Size()); err != nil {
		return nil, err
	}
	if int64(int(info.Size())) != info.Size() {
		return nil, fmt.Errorf("packed: map: %d bytes are more than this machine addresses: %w", info.Size(), errors.ErrUnsupported)
	}
	data, err := mapFile(f, int(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("packed: map: %w", err)
	}
	m := &Mapping{data: data}
	// Again, from what is mapped: the file may be another by now.
	if m.File, err = Read(bytes.NewReader(data), info.Size()); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	end := headerLen + m.Len()*m.shape.each()
	m.Pixels = data[headerLen:end:end]
	return m, nil
}

// Close gives the memory back.
func (m *Mapping) Close() error {
	data := m.data
	m.data, m.Pixels = nil, nil
	if data == nil {
		return nil
	}
	if err := unmapFile(data); err != nil {
		return fmt.Errorf("packed: unmap: %w", err)
	}
	return nil
}
