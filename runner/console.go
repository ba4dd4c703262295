package runner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"ganlib/config"
	"ganlib/internal/printable"
	"ganlib/variants"
	"ganlib/vfs"
)

// consoleFile holds every line of the console.
const consoleFile = "logs/console.log"

// maxWaiting is how many bytes of lines wait for a file that cannot be written.
const maxWaiting = 64 << 10

// console writes lines for people.
type console struct {
	out     io.Writer
	file    io.WriteCloser
	waiting []byte // for the file
	failure error  // of the last write to the file
}

func openConsole(fsys vfs.FS, path string, out io.Writer) (*console, error) {
	file, err := openTextLog(fsys, path, textLogBytes)
	if err != nil {
		return nil, err
	}
	return &console{out: out, file: file}, nil
}

// print writes a line to both places. Neither a console that is gone nor a full disk ends the training.
func (c *console) print(line string) {
	_, _ = io.WriteString(c.out, printable.Text(line)+"\n")
	c.note(line)
}

// note writes a line to the file alone. If the file cannot be written, the line waits; if too many do, it is
// left out.
func (c *console) note(line string) {
	if len(c.waiting) < maxWaiting {
		c.waiting = append(append(c.waiting, printable.Text(line)...), '\n')
	}
	n, err := c.file.Write(c.waiting)
	c.waiting, c.failure = slices.Delete(c.waiting, 0, n), err
}

// close returns why the last line is not in the file, if it is not.
func (c *console) close() error { return errors.Join(c.failure, c.file.Close()) }

// logRows prints the lines of the steps whose statistics have arrived.
func (r *Runner) logRows(t *variants.Trainer, rows []variants.Stats) error {
	for _, s := range rows {
		r.last = s
		r.last.Critic = nil // good for now only
		r.mean.add(s)
		every := r.config.LogEvery
		lastOfEpoch := s.Batch == t.StepsPerEpoch()-1
		if every.OnStep(s.Batch) || lastOfEpoch && every.OnEpoch(s.Epoch) {
			r.console.print(r.line(s, t.StepsPerEpoch()))
		}
	}
	return nil
}

// logByTime prints a line when LOG_EVERY is a time.
func (r *Runner) logByTime(t *variants.Trainer) error {
	if r.config.LogEvery.Time == 0 || !r.log.due(t) {
		return nil
	}
	if err := t.Flush(); err != nil {
		return err
	}
	r.console.print(r.line(r.last, t.StepsPerEpoch()))
	return nil
}

// line is the console line of a step, in the form of the preset's tutorial. Epochs and batches count
// from 0, except in mlp-bce; the critic's loss is with the penalty.
func (r *Runner) line(s variants.Stats, batches int) string {
	epochs, critic, generator := r.config.NumEpochs, s.CriticLossGP(), s.GeneratorLoss
	switch r.info.Networks {
	case config.NetCatFaces:
		return fmt.Sprintf("Epoch [%d/%d] Batch %d/%d Critic Loss: %s", s.Epoch, epochs, s.Batch, batches, number(critic))
	case config.NetMLP:
		return fmt.Sprintf("Epoch: %d/%d, Critic Loss: %.4f, Generator Loss: %.4f", s.Epoch, epochs, critic, generator)
	case config.NetDCGAN16:
		return fmt.Sprintf("Epoch [%d/%d], Step [%d/%d], D Loss: %.4f, G Loss: %.4f", s.Epoch, epochs, s.Batch, batches, critic, generator)
	case config.NetMLPBCE:
		if !r.config.Compat.Has(config.SwitchLogLastBatch) {
			critic, generator = r.mean.values()
		}
		return fmt.Sprintf("Epoch [%d/%d], d_loss: %s, g_loss: %s", s.Epoch+1, epochs, number(critic), number(generator))
	case config.NetKeras:
		return fmt.Sprintf("Epoch %d/%d, Discriminator Loss: %s, Generator Loss: %s", s.Epoch, epochs, number(critic), number(generator))
	}
	return fmt.Sprintf("Epoch [%d/%d] Batch %d/%d Critic Loss: %.4f Generator Loss: %.4f", s.Epoch, epochs, s.Batch, batches, critic, generator)
}

// number writes a float32 in the fewest digits that read back as the same, with an exponent only where
// the number would be long.
func number(v float32) string {
	if size := max(v, -v); size != 0 && size < 1e-4 || size >= 1e16 {
		return strconv.FormatFloat(float64(v), 'e', -1, 32)
	}
	return strconv.FormatFloat(float64(v), 'f', -1, 32)
}

// epochMean is the mean loss of the steps of one epoch.
type epochMean struct {
	epoch             int
	n                 int
	critic, generator float64 // sums
}

func (m *epochMean) add(s variants.Stats) {
	if s.Epoch != m.epoch {
		*m = epochMean{epoch: s.Epoch}
	}
	m.n++
	m.critic += float64(s.CriticLossGP())
	m.generator += float64(s.GeneratorLoss)
}

func (m *epochMean) values() (critic, generator float32) {
	n := float64(max(m.n, 1))
	return float32(m.critic / n), float32(m.generator / n)
}

// restore adds the rows that the table of scalars has of an epoch which a resumed run is in. Damaged ones are
// left out.
func (m *epochMean) restore(fsys vfs.FS, path string, epoch int) error {
	file, err := vfs.Open(fsys, path)
	if err != nil {
		return err
	}
	defer file.Close()
	*m = epochMean{epoch: epoch}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		row := strings.Split(lines.Text(), ",")
		if len(row) < 6 || row[1] != strconv.Itoa(epoch) {
			continue
		}
		critic, err := strconv.ParseFloat(row[3], 32)
		generator, err2 := strconv.ParseFloat(row[5], 32)
		if err == nil && err2 == nil {
			m.n++
			m.critic += critic
			m.generator += generator
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
