package runs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/runs"
)

func TestNextID(t *testing.T) {
	cases := []struct {
		name    string
		folders []string
		want    int64
	}{
		{"train", nil, 0},
		{"train", []string{"train0", "train2"}, 3},
		{"cat", []string{"cat", "catfaces0", "cat1x"}, 0},
		{"cat", []string{"bobcat7", "cat-1", "cat+1", "cat 1", "cat1.0", "cat１"}, 0},
		{"train", []string{"train10", "train9"}, 11}, // the order of a folder listing
		{"train", []string{"train007"}, 8},
		{"train1", []string{"train0", "train15"}, 6},
		{"a.*(b", []string{"axxb3", "a.*(b4"}, 5},
		{"a+", []string{"aa1", "a+1"}, 2},
		{"train", []string{"Train5"}, 0},
		{"train", []string{"train1234567890123456789", "train1"}, 2},
		{"train", []string{"train999999999999999999"}, 1_000_000_000_000_000_000},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, runs.NextID(c.name, c.folders), "%s in %v", c.name, c.folders)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"train", "a.*(b", "Katzen über alles", "..x", "猫", "-", strings.Repeat("x", 200)} {
		assert.NoError(t, runs.CheckName(name), name)
	}
	cases := map[string]string{
		"":                       "empty",
		".":                      "not a place",
		"..":                     "not a place",
		"a/b":                    "no slash",
		`a\b`:                    "no slash",
		"/":                      "no slash",
		"a\nb":                   "control",
		"a\x00b":                 "control",
		"a\u0085b":               "control",
		"a\xff":                  "UTF-8",
		strings.Repeat("x", 201): "201 bytes",
	}
	for name, want := range cases {
		err := runs.CheckName(name)
		require.ErrorContains(t, err, want, name)
		assert.ErrorContains(t, err, "runs: name")
		assert.NotContains(t, err.Error(), "\n")
	}
}
