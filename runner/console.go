package runner

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"ganlib/config"
	"ganlib/variants"
)

// consoleFile holds every line of the console.
const consoleFile = "logs/console.log"

// console writes lines for people.
type console struct {
	out  io.Writer
	file *os.File
}

func openConsole(path string, out io.Writer) (*console, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	return &console{out, file}, nil
}

// print writes a line to both places. A console that is gone does not end the training.
func (c *console) print(line string) error {
	_, _ = io.WriteString(c.out, line+"\n")
	return c.note(line)
}

// note writes a line to the file alone.
func (c *console) note(line string) error {
	if _, err := c.file.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("runner: %w", err)
	}
	return nil
}

func (c *console) close() error { return c.file.Close() }

// logRows prints the lines of the steps whose statistics have arrived.
func (r *Runner) logRows(t *variants.Trainer, rows []variants.Stats) error {
	for _, s := range rows {
		r.last = s
		r.last.Critic = nil // good for now only
		r.mean.add(s)
		if err := r.warn(s); err != nil {
			return err
		}
		every := r.config.LogEvery
		lastOfEpoch := s.Batch == t.StepsPerEpoch()-1
		if every.OnStep(s.Batch) || lastOfEpoch && every.OnEpoch(s.Epoch) {
			if err := r.console.print(r.line(s, t.StepsPerEpoch())); err != nil {
				return err
			}
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
	return r.console.print(r.line(r.last, t.StepsPerEpoch()))
}

// warn tells once of losses that are not finite.
func (r *Runner) warn(s variants.Stats) error {
	sum := float64(s.CriticLossGP()) + float64(s.GeneratorLoss)
	if r.infinite || !math.IsNaN(sum) && !math.IsInf(sum, 0) {
		return nil
	}
	r.infinite = true
	return r.console.print(fmt.Sprintf("Warning: at step %d the losses are not finite: critic %v, with penalty %v, generator %v. The networks will not recover: take a smaller LEARNING_RATE", s.Step, s.CriticLoss, s.CriticLossGP(), s.GeneratorLoss))
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

// restore adds the rows that the table of scalars has of an epoch which a resumed run is in.
func (m *epochMean) restore(path string, epoch int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	*m = epochMean{epoch: epoch}
	rows := csv.NewReader(file)
	rows.ReuseRecord = true
	for first := true; ; first = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if first || row[1] != strconv.Itoa(epoch) {
			continue
		}
		critic, err := strconv.ParseFloat(row[3], 32)
		generator, err2 := strconv.ParseFloat(row[5], 32)
		if err := errors.Join(err, err2); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		m.n++
		m.critic += critic
		m.generator += generator
	}
}
