package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDistance(t *testing.T) {
	cases := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "acb", 1},
		{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"ca", "abc", 3}, {"épée", "epee", 2},
	}
	for _, tt := range cases {
		assert.Equal(t, tt.want, distance([]rune(tt.a), []rune(tt.b)), "%q %q", tt.a, tt.b)
		assert.Equal(t, tt.want, distance([]rune(tt.b), []rune(tt.a)), "%q %q", tt.b, tt.a)
	}
}

func TestNearest(t *testing.T) {
	cases := map[string]string{
		"LEARNING_RAT": "LEARNING_RATE", "learning_rate": "LEARNING_RATE", "EPOCHS": "NUM_EPOCHS", "LAMBDA": "LAMBDA_GP",
		"NOISE": "GEN_NOISE", "CRITIC_ITERATION": "CRITIC_ITERATIONS", "FEATURE_GEN": "FEATURES_GEN",
		"CHECKPONT_EVERY": "CHECKPOINT_EVERY", "BETA_1": "BETA1", "CLIP": "CLIP_VALUE",
	}
	for word, want := range cases {
		assert.Equal(t, want, nearest(word, keyNames()), word)
	}
	assert.Equal(t, "", near("zzzz", []string{"fixed", "minmax"}))
	assert.Equal(t, "fixed", near("fxed", []string{"minmax", "fixed"}))
	assert.Equal(t, "", nearest("a", nil))
}
