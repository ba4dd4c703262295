package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// Rank returns the numbers of samples by falling score: the first is what the critic takes for the most
// real. Equal scores keep their order, and what is no number comes last.
func Rank(scores []float32) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := float64(scores[i]), float64(scores[j])
		if math.IsNaN(a) || math.IsNaN(b) {
			return cmp.Compare(rankNaN(a), rankNaN(b))
		}
		return cmp.Compare(b, a)
	})
	return order
}

func rankNaN(v float64) int {
	if math.IsNaN(v) {
		return 1
	}
	return 0
}

// WriteRanking writes scores as [WriteScores] does, but in the given order: a row for each of its numbers,
// which must be those of scores.
func WriteRanking(w io.Writer, order []int, scores []float32) error {
	out := bufio.NewWriter(w)
	var row []byte
	_, _ = out.WriteString("index,score\n") // the writer keeps its first error until Flush
	for _, i := range order {
		if i < 0 || i >= len(scores) {
			return fmt.Errorf("report: write ranking: sample %d: want 0 to %d", i, len(scores)-1)
		}
		row = strconv.AppendInt(row[:0], int64(i), 10)
		row = append(row, ',')
		row = strconv.AppendFloat(row, float64(scores[i]), 'g', -1, 32)
		_, _ = out.Write(append(row, '\n'))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("report: write ranking: %w", err)
	}
	return nil
}
