package config

import "strings"

// nearest returns the candidate with the smallest edit distance to word, letter case apart; the
// first of several. Only the first 64 letters of word count.
func nearest(word string, candidates []string) string {
	const most = 64
	runes := []rune(strings.ToUpper(word[:min(len(word), 4*most)]))
	runes = runes[:min(len(runes), most)]
	best, least := "", 0
	for _, c := range candidates {
		if d := distance(runes, []rune(strings.ToUpper(c))); best == "" || d < least {
			best, least = c, d
		}
	}
	return best
}

// near is nearest, but empty unless at most half of word's letters, and at least one, would change.
func near(word string, candidates []string) string {
	best := nearest(word, candidates)
	if d := distance([]rune(strings.ToUpper(best)), []rune(strings.ToUpper(word[:min(len(word), 256)]))); 2*d > max(len(word), 2) {
		return ""
	}
	return best
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
