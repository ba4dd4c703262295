package report_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/report"
)

func TestWriteScores(t *testing.T) {
	var b strings.Builder
	require.NoError(t, report.WriteScores(&b, []float32{0.1, -15, 1e-12, float32(math.NaN()), float32(math.Inf(-1))}))
	assert.Equal(t, "index,score\n0,0.1\n1,-15\n2,1e-12\n3,NaN\n4,-Inf\n", b.String())
	b.Reset()
	require.NoError(t, report.WriteScores(&b, nil))
	assert.Equal(t, "index,score\n", b.String())
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriteScoresReportsTheWriter(t *testing.T) {
	full := errors.New("disk full")
	err := report.WriteScores(failing{full}, make([]float32, 10_000))
	require.ErrorIs(t, err, full)
	assert.ErrorContains(t, err, "report: write scores")
}
