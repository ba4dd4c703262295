package words_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/internal/words"
)

func TestList(t *testing.T) {
	assert.Equal(t, "", words.List(nil))
	assert.Equal(t, "a", words.List([]string{"a"}))
	assert.Equal(t, "a and b", words.List([]string{"a", "b"}))
	assert.Equal(t, "a, b and c", words.List([]string{"a", "b", "c"}))
}

func TestCounted(t *testing.T) {
	for want, got := range map[string]string{
		"0 samples":        words.Counted(0, "sample"),
		"1 stretch":        words.Counted(1, "stretch"),
		"2 stretches":      words.Counted(2, "stretch"),
		"3 boxes":          words.Counted(3, "box"),
		"1,234,567 images": words.Counted(int64(1_234_567), "image"),
		"-1,000 steps":     words.Counted(-1000, "step"),
	} {
		assert.Equal(t, want, got)
	}
}
