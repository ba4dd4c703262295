package process

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBudget(t *testing.T) {
	has := func(n int64) func() (int64, error) { return func() (int64, error) { return n, nil } }
	unknown := func() (int64, error) { return 0, ErrUnknown }
	for name, c := range map[string]struct {
		limit     int64
		available func() (int64, error)
		want      Budget
	}{
		"what there is":          {0, has(500), Budget{500, 30, 0}},
		"a limit":                {100, has(500), Budget{66, 30, 100}},
		"less than the limit":    {1000, has(500), Budget{500, 30, 1000}},
		"a limit that is passed": {20, has(500), Budget{0, 30, 20}},
		"nothing is known":       {0, unknown, Budget{math.MaxInt64, 30, 0}},
		"a limit alone":          {100, unknown, Budget{66, 30, 100}},
		"no limit":               {Unlimited, has(5), Budget{math.MaxInt64, 30, 0}},
	} {
		assert.Equal(t, c.want, NewBudget(c.limit, 30, c.available), name)
	}
}

func TestBudgetCheck(t *testing.T) {
	asked := false
	advice := func() string { asked = true; return "take less" }
	parts := []Part{{"the first", 1e6}, {"the second", 2e6}}
	b := Budget{Free: 5e6, Taken: 1e6, Limit: 63e5}
	require.NoError(t, b.Check("it", 5e6, parts, advice))
	assert.False(t, asked)
	err := b.Check("it", 5e6+1, parts, advice)
	require.ErrorIs(t, err, ErrMemory)
	assert.EqualError(t, err, "not enough memory: it takes 6.0 MB in all, and a plan may fill 6.0 MB of the limit of 6.3 MB; the largest part is the second with 2.0 MB; take less")
	b = Budget{Free: 3e6, Taken: 1e9, Limit: 2e9}
	assert.EqualError(t, b.Check("it", 4e6, parts, advice), "not enough memory: it takes 4.0 MB, and 3.0 MB are available; the largest part is the program itself with 1.0 GB; take less")
}

func TestLargest(t *testing.T) {
	for fails := range 20 {
		for limit := range 20 {
			assert.Equal(t, max(min(limit, fails-1), 0), Largest(fails, func(n int) bool { return n <= limit }), "%d %d", fails, limit)
		}
	}
}

func TestSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0.0 kB", 1500: "1.5 kB", 2_500_000: "2.5 MB", 3_210_000_000: "3.2 GB"} {
		assert.Equal(t, want, Size(bytes))
	}
}
