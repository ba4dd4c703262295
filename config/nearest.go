package config

import (
	"math"
	"strings"
)

// nearest returns the candidate with the smallest edit distance to word, letter case apart; the
// first of several.
func nearest(word string, candidates []string) string {
	best, _ := search(word, candidates)
	return best
}

// near is nearest, but empty if more than half of word would have to change.
func near(word string, candidates []string) string {
	best, share := search(word, candidates)
	if share > 0.5 {
		return ""
	}
	return best
}

// search returns the nearest candidate and its distance as a share of word's length. Only the first
// 64 letters of word count.
func search(word string, candidates []string) (best string, share float64) {
	const most = 64
	letters := []rune(strings.ToUpper(word[:min(len(word), 4*most)]))
	letters = letters[:min(len(letters), most)]
	least := math.MaxInt
	for _, c := range candidates {
		d := distance(letters, []rune(strings.ToUpper(c)))
		if len(letters) >= 4 && strings.Contains(strings.ToUpper(c), string(letters)) {
			d = min(d, 1) // a part of a name is nearly the name: NOISE for GEN_NOISE
		}
		if d < least {
			best, least = c, d
		}
	}
	return best, float64(least) / float64(max(len(letters), 1))
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b
// (optimal string alignment).
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
