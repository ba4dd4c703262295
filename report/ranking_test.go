package report

import (
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRank(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	scores := []float32{0.5, nan, -3, inf, 0.5, -inf, nan, 7}
	order := Rank(scores)
	assert.Equal(t, []int{3, 7, 0, 4, 2, 5, 1, 6}, order)
	assert.Empty(t, Rank(nil))

	var b bytes.Buffer
	require.NoError(t, WriteRanking(&b, order[:3], scores))
	assert.Equal(t, "index,score\n3,+Inf\n7,7\n0,0.5\n", b.String())
	assert.ErrorContains(t, WriteRanking(&b, []int{8}, scores), "sample 8: want 0 to 7")
	assert.ErrorIs(t, WriteRanking(full{}, order, scores), io.ErrShortWrite)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }
