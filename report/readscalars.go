package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// ReadScalars calls each for every row of a scalars.csv or a scalars.jsonl, told apart by the first byte.
// Half a line at the end, which a training is about to finish, is left out. What JSON calls null is read
// as NaN. A line that is not a row is an error that names its number; an error of each ends the reading
// and is returned.
func ReadScalars(r io.Reader, each func(Scalars) error) error {
	lines := bufio.NewReaderSize(r, maxLine)
	first, err := lines.Peek(1)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: read scalars: %w", err)
	}
	parse, number := parseCSV, 0
	if first[0] == '{' {
		parse = parseJSON
	}
	for {
		line, err := lines.ReadSlice('\n')
		number++
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("report: read scalars: line %d: longer than %d bytes", number, maxLine)
		case err != nil:
			return fmt.Errorf("report: read scalars: line %d: %w", number, err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if number == 1 && first[0] != '{' {
			if string(line)+"\n" != csvHeader {
				return fmt.Errorf("report: read scalars: line 1: want the columns %s", strings.TrimSpace(csvHeader))
			}
			continue
		}
		s, err := parse(line)
		if err != nil {
			return fmt.Errorf("report: read scalars: line %d: %w", number, err)
		}
		if err := each(s); err != nil {
			return err
		}
	}
}

func parseCSV(line []byte) (s Scalars, err error) {
	fields := strings.Split(string(line), ",")
	if len(fields) != len(scalarColumns) {
		return s, fmt.Errorf("%d fields: want %d", len(fields), len(scalarColumns))
	}
	var failed []error
	number := func(i, bits int) float64 {
		v, err := strconv.ParseFloat(fields[i], bits)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", scalarColumns[i], err))
		}
		return v
	}
	integer := func(i int) int64 {
		v, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", scalarColumns[i], err))
		}
		return v
	}
	s = Scalars{
		Step: integer(0), Epoch: int(integer(1)),
		CriticLoss: float32(number(2, 32)), CriticLossGP: float32(number(3, 32)), Penalty: float32(number(4, 32)), GeneratorLoss: float32(number(5, 32)),
		ImagesPerSecond: number(6, 64), Seconds: number(7, 64),
	}
	return s, errors.Join(failed...)
}

func parseJSON(line []byte) (s Scalars, err error) {
	var row struct {
		Step          *int64   `json:"step"`
		Epoch         int      `json:"epoch"`
		CriticLoss    *float32 `json:"critic_loss"`
		CriticLossGP  *float32 `json:"critic_loss_gp"`
		Penalty       *float32 `json:"penalty"`
		GeneratorLoss *float32 `json:"generator_loss"`
		Rate          *float64 `json:"images_per_s"`
		Seconds       *float64 `json:"seconds"`
	}
	if err := json.Unmarshal(line, &row); err != nil {
		return s, err
	}
	if row.Step == nil {
		return s, errors.New("no step")
	}
	return Scalars{
		Step: *row.Step, Epoch: row.Epoch,
		CriticLoss: orNaN(row.CriticLoss), CriticLossGP: orNaN(row.CriticLossGP), Penalty: orNaN(row.Penalty), GeneratorLoss: orNaN(row.GeneratorLoss),
		ImagesPerSecond: orNaN(row.Rate), Seconds: orNaN(row.Seconds),
	}, nil
}

func orNaN[F float32 | float64](v *F) F {
	if v == nil {
		return F(math.NaN())
	}
	return *v
}
