package fetch

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

var (
	// ErrUnknownSet is wrapped by errors about a name that [Sets] does not list.
	ErrUnknownSet = errors.New("unknown data set")

	// ErrByHand is wrapped by errors about a data set that has no open address; the error says where
	// it comes from and where to put it.
	ErrByHand = errors.New("has no open address and must be put in place by hand")

	// ErrStalled is wrapped when a server sent nothing for [Options.StallTimeout].
	ErrStalled = errors.New("server stalled")

	// ErrSize is wrapped when a server's answer has another size than the published file; it is cut
	// off rather than stored.
	ErrSize = errors.New("not the published size")
)

// ChecksumError reports a complete download whose content is not the published one. The part file is
// removed, so that the next try starts from nothing.
type ChecksumError struct {
	File string // path the file would have had
	URL  string // where the last bytes came from; empty if all were on disk before
	Want string // published SHA-256, hexadecimal
	Got  string // SHA-256 of what arrived
}

// Error implements error.
func (e *ChecksumError) Error() string {
	from := ""
	if e.URL != "" {
		from = " from " + e.URL
	}
	return fmt.Sprintf("%s%s: sha256 is %s, want %s; the download was removed, the next try starts afresh",
		e.File, from, e.Got, e.Want)
}

// refusal is an error that another request to the same address would only repeat.
type refusal struct{ err error }

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

// diskError is an error of the own file system: no server can help.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// onDisk marks err as a file system error while working on path. missing is the number of bytes still
// to come, which a full disk is told about.
func onDisk(path string, missing int64, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = fmt.Errorf("%s: disk full, %d more bytes needed; free some space and try again: %w", path, missing, err)
	}
	return &diskError{err}
}

// addressErrors is what each address had to say, on one line.
type addressErrors []error

func (e addressErrors) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e addressErrors) Unwrap() []error { return e }
