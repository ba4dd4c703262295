package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// WriteScores writes the critic's scores as CSV: a header, then index (from 0) and score a row, in
// the order of the samples. Scores are in the shortest form that reads back as the same float32;
// what is not finite is written as NaN, +Inf or -Inf.
func WriteScores(w io.Writer, scores []float32) error {
	out := bufio.NewWriter(w)
	var row []byte
	_, _ = out.WriteString("index,score\n") // the writer keeps its first error until Flush
	for i, s := range scores {
		row = strconv.AppendInt(row[:0], int64(i), 10)
		row = append(row, ',')
		row = strconv.AppendFloat(row, float64(s), 'g', -1, 32)
		_, _ = out.Write(append(row, '\n'))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("report: write scores: %w", err)
	}
	return nil
}
