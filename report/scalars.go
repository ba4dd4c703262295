package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"ganlib/vfs"
)

// Scalars is what one generator step reports. The critic's values are those of the step's last
// critic iteration. The last two fields depend on the machine; the others are the same for equal
// runs.
type Scalars struct {
	Step            int64   // generator step
	Epoch           int     // from 0
	CriticLoss      float32 // mean f(fake) - mean f(real) for Wasserstein critics, without penalty
	CriticLossGP    float32 // CriticLoss + Penalty
	Penalty         float32 // λ·mean (norm - 1)², 0 without a penalty
	GeneratorLoss   float32
	ImagesPerSecond float64 // real images that the critic saw, per second
	Seconds         float64 // since training began
}

// scalarColumns are the columns of scalars.csv and the keys of scalars.jsonl, in this order.
var scalarColumns = []string{
	"step", "epoch", "critic_loss", "critic_loss_gp", "penalty", "generator_loss", "images_per_s", "seconds",
}

// values returns every column's value, numbers in the shortest form that reads back as the same.
func (s Scalars) values() []string {
	short := func(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
	long := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	return []string{
		strconv.FormatInt(s.Step, 10), strconv.Itoa(s.Epoch),
		short(s.CriticLoss), short(s.CriticLossGP), short(s.Penalty), short(s.GeneratorLoss),
		long(s.ImagesPerSecond), long(s.Seconds),
	}
}

// csv returns a row of scalars.csv.
func (s Scalars) csv() string { return strings.Join(s.values(), ",") + "\n" }

// json returns a line of scalars.jsonl.
func (s Scalars) json() string {
	values := s.values()
	for i, v := range values {
		switch v {
		case "NaN", "+Inf", "-Inf":
			v = "null" // JSON has no word for them
		}
		values[i] = strconv.Quote(scalarColumns[i]) + ":" + v
	}
	return "{" + strings.Join(values, ",") + "}\n"
}

// ErrDamaged is wrapped by the error for a table that has lines which nobody wrote so.
var ErrDamaged = errors.New("the table is damaged")

// ScalarWriter appends rows to scalars.jsonl and scalars.csv. It buffers: what must survive a crash
// needs Sync. It is for one goroutine, except that another may Sync meanwhile.
//
// An error of Flush or Sync, such as that of a full disk, loses nothing: rows stay in memory until they are
// synced, and the next call tries again. Only after 16 MiB of rows that cannot be written Append leaves out
// more of them, and says so.
type ScalarWriter struct {
	jsonl, csv *table
}

// OpenScalars opens dir/scalars.jsonl and dir/scalars.csv to append to, and makes those that do not
// exist. A last line that a crash left half written is removed. The folder must exist, and a CSV file
// that does not begin with our columns is an error.
//
// Both files hold a row per step, in the order of [Scalars]: step, epoch, critic_loss,
// critic_loss_gp, penalty, generator_loss, images_per_s, seconds. Numbers are in the shortest form
// that reads back as the same value. What is not finite is null in JSON, and NaN, +Inf or -Inf in CSV.
func OpenScalars(dir string) (*ScalarWriter, error) { return OpenScalarsFS(vfs.OS, dir) }

// OpenScalarsFS is [OpenScalars] on a given file system.
func OpenScalarsFS(fsys vfs.FS, dir string) (*ScalarWriter, error) {
	jsonl, err := openTable(fsys, filepath.Join(dir, "scalars.jsonl"), "", jsonStep)
	if err != nil {
		return nil, fmt.Errorf("report: open scalars: %w", err)
	}
	csv, err := openTable(fsys, filepath.Join(dir, "scalars.csv"), csvHeader, csvStep)
	if err != nil {
		return nil, fmt.Errorf("report: open scalars: %w", errors.Join(err, jsonl.close()))
	}
	w := &ScalarWriter{jsonl: jsonl, csv: csv}
	if err := fsys.SyncDir(dir); err != nil { // the files may be new
		return nil, fmt.Errorf("report: open scalars: %w", errors.Join(err, w.Close()))
	}
	return w, nil
}

// Append adds a row to both files. Steps must rise.
func (w *ScalarWriter) Append(s Scalars) error {
	if err := errors.Join(w.jsonl.write(s.json()), w.csv.write(s.csv())); err != nil {
		return fmt.Errorf("report: append scalars: %w", err)
	}
	return nil
}

// Truncate drops the rows of the given step and all later ones, so that a run that resumes there
// continues both files without overlap. There is no gap either if Sync was called before the state
// that the run resumes from was saved. A file with an unreadable line among the rows to be kept gives
// [ErrDamaged] after all is done; the line stays.
func (w *ScalarWriter) Truncate(step int64) error {
	var damaged []error
	for _, t := range []*table{w.jsonl, w.csv} {
		err := t.truncate(step)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return fmt.Errorf("report: truncate scalars to step %d: %w", step, err)
		}
		damaged = append(damaged, err)
	}
	if err := errors.Join(damaged...); err != nil {
		return fmt.Errorf("report: truncate scalars to step %d: %w", step, err)
	}
	return nil
}

// Flush hands buffered rows to the operating system, so that others can read them.
func (w *ScalarWriter) Flush() error {
	if err := errors.Join(w.jsonl.flush(), w.csv.flush()); err != nil {
		return fmt.Errorf("report: flush scalars: %w", err)
	}
	return nil
}

// Sync writes buffered rows to the disk.
func (w *ScalarWriter) Sync() error {
	if err := errors.Join(w.jsonl.sync(), w.csv.sync()); err != nil {
		return fmt.Errorf("report: sync scalars: %w", err)
	}
	return nil
}

// Close flushes and closes both files.
func (w *ScalarWriter) Close() error {
	if err := errors.Join(w.jsonl.close(), w.csv.close()); err != nil {
		return fmt.Errorf("report: close scalars: %w", err)
	}
	return nil
}
