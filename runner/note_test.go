package runner

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/watchdog"
)

// A hook that fails leaves networks that can be saved, unless it says that they cannot.
func TestNote(t *testing.T) {
	var r Runner
	for _, test := range []struct {
		err    error
		failed bool
	}{
		{nil, false},
		{fmt.Errorf("hook: %w", watchdog.ErrNotFinite), false},
		{errors.New("the disk is full"), true},
	} {
		assert.Equal(t, test.err, r.note(test.err))
		assert.Equal(t, test.failed, r.failed)
	}
}
