package interchange_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/checkpoint"
	"ganlib/interchange"
)

// TestWriteTraining: what is written of a training is what is written of the checkpoint of that moment, and of a
// snapshot, when the training has gone on.
func TestWriteTraining(t *testing.T) {
	for name, c := range every(t) {
		tr := trained(t, c, steps)
		var live, saved bytes.Buffer
		require.NoError(t, interchange.WriteTraining(&live, c, tr), name)
		s, err := checkpoint.NewSnapshot(tr.Variant())
		require.NoError(t, err)
		require.NoError(t, s.Take(tr, nil, nil))
		_, err = s.Fetch(0)
		require.NoError(t, err)
		m := open(t, runOf(t, c, tr))
		_, err = m.WriteTorch(&saved, interchange.Generator)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(live.Bytes(), saved.Bytes()), name)
		require.NoError(t, tr.Step())
		var later bytes.Buffer
		require.NoError(t, interchange.WriteSnapshot(&later, c, tr.Variant().Networks().Generator, s))
		assert.True(t, bytes.Equal(live.Bytes(), later.Bytes()), name)
	}
}
