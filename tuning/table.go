package tuning

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ganlib/kernels"
	"ganlib/runs"
	"ganlib/vfs"
)

// Limits of a table, which are more than any program needs.
const (
	MaxBytes   = 4 << 20
	MaxChoices = 10_000
)

// version is what is in a table; a reader refuses another.
const version = 1

// ErrDamaged is wrapped by the error for a file that is no table of the card.
var ErrDamaged = errors.New("not a table of tuned products that can be used")

// table is the form of a file.
type table struct {
	Version int              `json:"version"`
	Card    Card             `json:"card"`
	Choices []kernels.Choice `json:"choices"`
}

// Load returns what the folder's table of a card says, which is nothing if there is none. The tuning is never nil:
// what is wrong with a file, or with some of its choices, is told by the error and left out.
func Load(folder string, card Card) (*kernels.Tuning, error) {
	t := new(kernels.Tuning)
	path := filepath.Join(folder, card.File())
	choices, err := read(path, card)
	if err == nil {
		err = t.Add(choices...)
	}
	if err != nil {
		return t, fmt.Errorf("tuning: %s: %w", path, err)
	}
	return t, nil
}

// read returns the choices of a file, none if there is no file.
func read(path string, card Card) ([]kernels.Choice, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // reading another might never end
		return nil, fmt.Errorf("%w: not a regular file", ErrDamaged)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return decode(text, card)
}

// decode reads a table.
func decode(text []byte, card Card) ([]kernels.Choice, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: want at most %d bytes", ErrDamaged, MaxBytes)
	}
	var t table
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	switch {
	case t.Version != version:
		return nil, fmt.Errorf("%w: version %d: want %d", ErrDamaged, t.Version, version)
	case t.Card != card:
		return nil, fmt.Errorf("%w: it is of %v, this is %v", ErrDamaged, t.Card, card)
	case len(t.Choices) > MaxChoices:
		return nil, fmt.Errorf("%w: %d choices: want at most %d", ErrDamaged, len(t.Choices), MaxChoices)
	}
	return t.Choices, nil
}

// Save adds choices to the folder's table of a card, in place of those for the same products. Several processes may
// do so at a time, and others read. A file that is no table is replaced, and choices in it that cannot be used are
// dropped. The ways that were tried are not kept.
func Save(folder string, card Card, choices []kernels.Choice) error {
	path := filepath.Join(folder, card.File())
	if err := save(path, card, choices); err != nil {
		return fmt.Errorf("tuning: %s: %w", path, err)
	}
	return nil
}

func save(path string, card Card, choices []kernels.Choice) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	unlock, err := lock(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock.Close()) }()
	old, err := read(path, card)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	var all kernels.Tuning
	_ = all.Add(old...) // what cannot be used is dropped
	if err := all.Add(choices...); err != nil {
		return err
	}
	t := table{version, card, all.Choices()}
	for i := range t.Choices {
		t.Choices[i].Ways = nil
	}
	text, err := json.MarshalIndent(t, "", "\t")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if _, err := decode(text, card); err != nil {
		return fmt.Errorf("it would get too large, remove it to begin anew: %w", err)
	}
	return runs.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// patience is how long another process may take to write the table.
var patience = 10 * time.Second

// lock takes the lock of a table.
func lock(path string) (io.Closer, error) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		unlock, err := vfs.OS.Lock(path + ".lock")
		if !errors.Is(err, vfs.ErrLocked) {
			return unlock, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("another process is writing it: %w", err)
		}
	}
}
