package ganlib_test

import "errors"

// errPending marks a kind of case whose part of the library does not exist yet.
var errPending = errors.New("package variants does not exist yet")

// goldenTraining follows whole training runs.
func goldenTraining(*goldenRun) error { return errPending }
