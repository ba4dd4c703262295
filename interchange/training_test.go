package interchange_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/interchange"
)

// TestWriteTraining: what is written of a training is what is written of the checkpoint of that moment.
func TestWriteTraining(t *testing.T) {
	for name, c := range every(t) {
		tr := trained(t, c, steps)
		var live, saved bytes.Buffer
		require.NoError(t, interchange.WriteTraining(&live, c, tr), name)
		m := open(t, runOf(t, c, tr))
		_, err := m.WriteTorch(&saved, interchange.Generator)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(live.Bytes(), saved.Bytes()), name)
	}
}
