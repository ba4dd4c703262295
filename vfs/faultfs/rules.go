package faultfs

import "slices"

// Rule decides about an operation before it happens: with an error it fails, and leaves all as it was. The
// error [ErrKilled] ends the process: all later operations fail too. The file system calls a rule for one
// operation at a time.
type Rule func(Op) error

// At fails operation number n.
func At(n int, err error) Rule {
	return func(op Op) error {
		if op.N == n {
			return err
		}
		return nil
	}
}

// From fails operation number n and all later ones.
func From(n int, err error) Rule {
	return func(op Op) error {
		if op.N >= n {
			return err
		}
		return nil
	}
}

// Changing limits a rule to operations that need a disk that can be written: a full one, or one that was
// mounted again to be read only.
func (r Rule) Changing() Rule {
	return func(op Op) error {
		if !op.Kind.Changes() {
			return nil
		}
		return r(op)
	}
}

// Only limits a rule to operations of some kinds.
func (r Rule) Only(kinds ...Kind) Rule {
	return func(op Op) error {
		if !slices.Contains(kinds, op.Kind) {
			return nil
		}
		return r(op)
	}
}

// Short is an error that lets the first half of a write happen, and is Err for the rest of it. Other
// operations fail as with Err.
type Short struct{ Err error }

// Error implements error, with the text of Err.
func (s Short) Error() string { return s.Err.Error() }

// Unwrap returns Err.
func (s Short) Unwrap() error { return s.Err }
