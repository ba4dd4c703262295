package ptx

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParallel(t *testing.T) {
	var done atomic.Int64
	task := func(i int) error {
		done.Add(1)
		if i%3 == 2 {
			return fmt.Errorf("task %d", i)
		}
		return nil
	}
	assert.NoError(t, parallel(2, task))
	assert.EqualError(t, parallel(50, task), "task 2")
	assert.EqualValues(t, 52, done.Load())
	assert.NoError(t, parallel(0, task))
}
