package fetch

import (
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSets(t *testing.T) {
	var names []string
	for _, s := range Sets() {
		names = append(names, s.Name)
		for field, value := range map[string]string{"description": s.Description, "licence": s.Licence, "page": s.Page, "dir": s.Dir} {
			assert.NotEmpty(t, value, "%s: %s", s.Name, field)
		}
		assert.True(t, filepath.IsLocal(filepath.FromSlash(s.Dir)), s.Name)
	}
	assert.Equal(t, []string{"mnist", "oxford-pets", "catfaces", "celeba"}, names)
	assert.Equal(t, int64(9912422+28881+1648877+4542), Sets()[0].Bytes)
	assert.Equal(t, int64(19173078+791918971), Sets()[1].Bytes)
	assert.Equal(t, []bool{true, true, false, false},
		[]bool{Sets()[0].Open(), Sets()[1].Open(), Sets()[2].Open(), Sets()[3].Open()})
	assert.Equal(t, Sets(), Sets(), "reading the list does not change it")
}

func TestSpecsAreComplete(t *testing.T) {
	sum := regexp.MustCompile(`^[0-9a-f]{64}$`)
	for _, s := range specs {
		if s.byHand != "" {
			assert.Empty(t, s.files, s.Name)
			continue
		}
		assert.NotEmpty(t, s.mirrors, s.Name)
		for _, m := range s.mirrors {
			u, err := url.Parse(m)
			require.NoError(t, err)
			assert.Equal(t, "https", u.Scheme)
			assert.True(t, strings.HasSuffix(m, "/"), m)
		}
		for _, f := range s.files {
			assert.Regexp(t, sum, f.sha256, f.name)
			assert.Positive(t, f.size, f.name)
			assert.Equal(t, filepath.Base(f.name), f.name)
		}
		assert.True(t, filepath.IsLocal(s.root) && filepath.IsLocal(s.store), s.Name)
		assert.True(t, s.Dir == s.root || strings.HasPrefix(s.Dir, s.root+"/"), s.Name)
	}
	assert.True(t, slices.ContainsFunc(specs[1].files, func(r remote) bool { return r.name == petImages }))
}

func TestNamesThatCannotBeFetched(t *testing.T) {
	tests := []struct {
		name string
		o    Options
		is   error
		says []string
	}{
		{"mnits", Options{}, ErrUnknownSet, []string{`"mnits"`, "mnist, oxford-pets, catfaces, celeba", `nearest is "mnist"`}},
		{"Oxford_Pet", Options{}, ErrUnknownSet, []string{`nearest is "oxford-pets"`}},
		{"CELEBA", Options{}, ErrUnknownSet, []string{`nearest is "celeba"`}},
		{"", Options{}, ErrUnknownSet, []string{`""`}},
		{strings.Repeat("x", 1<<20), Options{}, ErrUnknownSet, nil},
		{"catfaces", Options{}, ErrByHand, []string{"kaggle.com", filepath.FromSlash("data/CatFaces/cats/*.jpg")}},
		{"celeba", Options{Dir: "elsewhere"}, ErrByHand, []string{"CelebA.html", filepath.FromSlash("elsewhere/celeba_gan/celeb/*.jpg")}},
	}
	for _, test := range tests {
		_, err := Fetch(t.Context(), test.name, test.o)
		require.ErrorIs(t, err, test.is)
		for _, want := range test.says {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestBadBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"file:///tmp":             "only http and https",
		"ftp://example.org/":      "only http and https",
		"example.org/mnist":       "only http and https",
		"http://":                 "want a host",
		"https://h/p?x=1":         "without user, query or fragment",
		"https://me:pass@host/":   "without user, query or fragment",
		"http://bad host/\x7f":    "BaseURL",
		"HTTP://127.0.0.1:1/x#at": "without user, query or fragment",
	} {
		_, err := Fetch(t.Context(), "mnist", Options{Dir: t.TempDir(), BaseURL: base})
		require.ErrorContains(t, err, want, base)
		assert.NotContains(t, err.Error(), "pass@")
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"mnist", "mnist", 0}, {"flaw", "lawn", 2}} {
		assert.Equal(t, test.want, editDistance(test.a, test.b), "%q %q", test.a, test.b)
	}
}
