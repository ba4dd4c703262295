package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// CheckScalars checks that the two tables of a run are what [ScalarWriter] writes: a row for every step without
// a gap, the same in both, every byte. It returns the number of rows. The error is that of the first line that
// is not so, with the column, and wraps [ErrDamaged]. Only rows of steps from settled on may be missing at the
// end of one table, or be half written: a training is about to add them, or was killed at it.
func CheckScalars(csv, jsonl io.Reader, settled int64) (rows int64, err error) {
	a, b := bufio.NewReaderSize(csv, maxLine), bufio.NewReaderSize(jsonl, maxLine)
	head, _, err := readLine(a)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("report: scalars.csv: %w", err)
	}
	if string(head)+"\n" != csvHeader {
		return 0, fmt.Errorf("report: scalars.csv: line 1: %w: want the columns %s", ErrDamaged, strings.TrimSpace(csvHeader))
	}
	next := int64(-1)
	for {
		line, _, errA := readLine(a)
		other, _, errB := readLine(b)
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) {
				return rows, fmt.Errorf("report: tables of scalars: %w", err)
			}
		}
		if errA != nil || errB != nil {
			if next < settled && settled > 0 {
				name := "scalars.csv"
				if errA == nil {
					name = "scalars.jsonl"
				}
				return rows, fmt.Errorf("report: %s: %w: it ends after %d rows, but step %d is done", name, ErrDamaged, rows, settled-1)
			}
			return rows, nil
		}
		s, err := checkRow(line, other)
		if err == nil && next >= 0 && s.Step != next {
			err = fmt.Errorf("step %d: want %d", s.Step, next)
		}
		if err != nil {
			return rows, fmt.Errorf("report: tables of scalars: row %d, line %d of scalars.csv and %d of scalars.jsonl: %w: %w", rows+1, rows+2, rows+1, ErrDamaged, err)
		}
		rows, next = rows+1, s.Step+1
	}
}

// checkRow compares a row of both tables.
func checkRow(csv, json []byte) (Scalars, error) {
	s, err := parseCSV(csv)
	if err != nil {
		return s, fmt.Errorf("scalars.csv: %w", err)
	}
	if want := strings.TrimSuffix(s.csv(), "\n"); want != string(csv) {
		return s, fmt.Errorf("scalars.csv has %.300s, want %s", csv, want)
	}
	if bytes.Equal(json, []byte(strings.TrimSuffix(s.json(), "\n"))) {
		return s, checkSum(s)
	}
	other, err := parseJSON(json)
	if err != nil {
		return s, fmt.Errorf("scalars.jsonl: %w", err)
	}
	a, b := s.values(), other.values()
	for i := range a {
		if a[i] != b[i] {
			return s, fmt.Errorf("%s is %s in scalars.csv and %s in scalars.jsonl", scalarColumns[i], a[i], b[i])
		}
	}
	return s, fmt.Errorf("scalars.jsonl has %.300s, want %s", json, strings.TrimSuffix(s.json(), "\n"))
}

// checkSum compares the loss with the penalty with its parts.
func checkSum(s Scalars) error {
	sum := s.CriticLoss + s.Penalty
	if sum != s.CriticLossGP && !math.IsNaN(float64(sum)) {
		return fmt.Errorf("critic_loss_gp is %g: want critic_loss and penalty, %g", s.CriticLossGP, sum)
	}
	return nil
}

// Column is a value of a row by its name.
type Column struct{ Name, Value string }

// Trained returns the columns that a training determines, with their values as the tables have them: all but
// the rate and the seconds.
func (s Scalars) Trained() []Column {
	var list []Column
	for i, v := range s.values()[:len(scalarColumns)-2] {
		list = append(list, Column{scalarColumns[i], v})
	}
	return list
}
