package page

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
)

// scalarColumns are the columns of the run's table that the page shows; a table may lack some.
var scalarColumns = []string{"step", "epoch", "critic_loss", "critic_loss_gp", "penalty", "generator_loss", "images_per_s"}

const (
	maxRows = 8192    // of a series
	maxLine = 1 << 16 // bytes of a table's line
)

// scalars follows a run's scalars.csv while it grows.
type scalars struct {
	path   string
	series *series

	at    int64  // bytes read
	rest  []byte // of a line whose end has not been written yet
	where []int  // place of each of scalarColumns in a line, -1 if it is not there; nil before the header
	step  float64
	epoch int
	again bool // the table was read from its start because steps did not rise
	info  os.FileInfo
	row   []float64
}

func newScalars(path string) *scalars {
	s := &scalars{path: path, series: newSeries(maxRows, scalarColumns...), row: make([]float64, len(scalarColumns))}
	s.restart()
	return s
}

func (s *scalars) restart() {
	s.at, s.rest, s.where, s.step = 0, nil, nil, -1
	s.series.clear()
}

// errRewritten says that the table is no longer the one that was read.
var errRewritten = errors.New("page: the table of scalars was rewritten")

// poll reads what the table has more than before. A table that was cut, as a run does that goes on from an
// earlier checkpoint, is read again. A table that is not there has no rows.
func (s *scalars) poll() error {
	s.again = false
	err := s.read()
	if errors.Is(err, errRewritten) {
		s.restart()
		s.again = true
		err = s.read()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *scalars) read() error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < s.at || s.info != nil && !os.SameFile(info, s.info) && s.at > 0 {
		s.info = info
		return errRewritten
	}
	s.info = info
	if info.Size() == s.at {
		return nil
	}
	buf := make([]byte, min(info.Size()-s.at, 1<<20))
	for {
		n, err := file.ReadAt(buf, s.at)
		s.at += int64(n)
		if parseErr := s.parse(buf[:n]); parseErr != nil {
			return parseErr
		}
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// parse takes the next bytes of the table.
func (s *scalars) parse(data []byte) error {
	for {
		line, after, ended := bytes.Cut(data, []byte{'\n'})
		if !ended {
			if s.rest = append(s.rest, data...); len(s.rest) > maxLine {
				s.rest = s.rest[:0] // no line of ours
			}
			return nil
		}
		if len(s.rest) > 0 {
			line = append(s.rest, line...)
			s.rest = s.rest[:0]
		}
		if err := s.line(line); err != nil {
			return err
		}
		data = after
	}
}

// line takes a line of the table; one that is no row of numbers is passed over.
func (s *scalars) line(line []byte) error {
	fields := bytes.Split(bytes.TrimRight(line, "\r"), []byte{','})
	if s.where == nil {
		s.where = make([]int, len(scalarColumns))
		for i, name := range scalarColumns {
			s.where[i] = slices.IndexFunc(fields, func(f []byte) bool { return string(f) == name })
		}
		return nil
	}
	for i, place := range s.where {
		s.row[i] = math.NaN()
		if place >= 0 && place < len(fields) {
			if v, err := strconv.ParseFloat(string(fields[place]), 64); err == nil {
				s.row[i] = v
			}
		}
	}
	step := s.row[0]
	if !(step >= 0) || step > 1<<53 {
		return nil
	}
	switch {
	case step <= s.step && s.again: // a table out of order is shown where its steps rise
		return nil
	case step <= s.step:
		return errRewritten
	}
	s.step = step
	if epoch := s.row[1]; epoch >= 0 && epoch <= math.MaxInt32 {
		s.epoch = int(epoch)
	}
	s.series.add(s.row)
	return nil
}
