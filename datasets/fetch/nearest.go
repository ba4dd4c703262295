package fetch

import "strings"

// nearest returns the name with the smallest edit distance to s, ignoring case; the first of equals.
func nearest(s string, names []string) string {
	if len(s) > 64 {
		s = s[:64] // longer than any name
	}
	best, least := "", -1
	for _, name := range names {
		if d := editDistance(strings.ToLower(s), name); least < 0 || d < least {
			best, least = name, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance: how many bytes to insert, delete or replace to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
