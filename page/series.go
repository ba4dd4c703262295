package page

import (
	"math"
	"strconv"
)

// series is a table of numbers by step in bounded memory: when it is full, each two rows become one,
// their mean, and from then on each row is the mean of twice as many.
type series struct {
	columns []string // the first is the step
	most    int      // rows, an even number
	stride  int      // rows added for each row kept
	values  []float64
	sum     []float64 // of the rows of the next one
	added   int       // to sum
	version int       // another one means that rows told earlier are no longer true
}

func newSeries(most int, columns ...string) *series {
	return &series{columns: columns, most: most, stride: 1, sum: make([]float64, len(columns))}
}

// rows returns how many there are.
func (s *series) rows() int { return len(s.values) / len(s.columns) }

// add appends a row, a number for each column.
func (s *series) add(row []float64) {
	for i, v := range row {
		s.sum[i] += v
	}
	if s.added++; s.added < s.stride {
		return
	}
	if s.rows() == s.most {
		s.halve()
		return // what is in sum is half of a row now
	}
	s.flush()
}

// flush makes a row of the sum.
func (s *series) flush() {
	for i, v := range s.sum {
		s.values = append(s.values, v/float64(s.added))
		s.sum[i] = 0
	}
	s.added = 0
}

// halve joins each two rows.
func (s *series) halve() {
	n := len(s.columns)
	for row := range s.most / 2 {
		for i := range n {
			s.values[row*n+i] = (s.values[2*row*n+i] + s.values[(2*row+1)*n+i]) / 2
		}
	}
	s.values = s.values[:s.most/2*n]
	s.stride *= 2
	s.version++
}

// clear removes all rows.
func (s *series) clear() {
	s.values, s.stride, s.added = s.values[:0], 1, 0
	clear(s.sum)
	s.version++
}

// last returns the newest number of a column that is not the mean of several, or NaN.
func (s *series) last(column int) float64 {
	if s.rows() == 0 {
		return math.NaN()
	}
	return s.values[len(s.values)-len(s.columns)+column]
}

// json appends the rows from the given one on as a list of columns. What is not finite is null.
func (s *series) json(b []byte, from int) []byte {
	n := len(s.columns)
	b = append(b, '[')
	for column := range n {
		if column > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for row := from; row < s.rows(); row++ {
			if row > from {
				b = append(b, ',')
			}
			b = appendNumber(b, s.values[row*n+column], column == 0)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

// appendNumber writes v in JSON, in float32's digits unless exact.
func appendNumber(b []byte, v float64, exact bool) []byte {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(b, "null"...)
	case exact || math.Abs(v) > math.MaxFloat32:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 32)
}
