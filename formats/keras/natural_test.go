package keras

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Layers count in the order that Keras numbered them, past nine too.
func TestNatural(t *testing.T) {
	want := []string{"batch_normalization", "dense", "dense_2", "dense_9", "dense_10", "dense_10/bias:0", "dense_101"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, natural)
	assert.Equal(t, want, got)
	assert.Zero(t, natural("a1", "a1"))
	assert.NotZero(t, natural("a01", "a1"))
}
