package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Ready is the first line of [Bench.Serve].
type Ready struct {
	Program    string `json:"program"` // "ganlib"
	Engine     string `json:"engine"`
	CPU        string `json:"cpu"`
	Threads    int    `json:"threads"`
	Iterations int    `json:"iterations_per_round"`
}

// answer is what a command is answered with.
type answer struct {
	Milliseconds float64 `json:"ms,omitempty"`
	GFLOPS       float64 `json:"gflops,omitempty"`
}

// Serve measures on demand, so that programs can take turns: it writes a [Ready], then reads commands,
// a line each, and answers each with a line of JSON, until in ends or ctx does.
//
//	round       milliseconds of an iteration, over one round:  {"ms":12.5}
//	sample N    milliseconds for N samples at a time:          {"ms":3.1}
//	peak        the multiply-add peak in 10⁹ operations a second:  {"gflops":410}
func (b *Bench) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	write := json.NewEncoder(out)
	if err := write.Encode(Ready{"ganlib", b.engine(), CPU(), b.threads(), b.iterations}); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	lines := make(chan string)
	broken := make(chan error, 1)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(in)
		for s.Scan() {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
		broken <- s.Err()
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-lines:
			if !ok {
				return <-broken
			}
			a, err := b.answer(ctx, line)
			if err == nil {
				err = write.Encode(a)
			}
			if err != nil {
				return fmt.Errorf("bench: command %q: %w", line, err)
			}
		}
	}
}

func (b *Bench) answer(ctx context.Context, line string) (a answer, err error) {
	switch line = strings.TrimSpace(line); line {
	case "round":
		a.Milliseconds, err = b.Round(ctx)
	case "peak":
		a.GFLOPS = b.Peak()
	default:
		n := 0
		if _, err := fmt.Sscanf(line, "sample %d", &n); err != nil || n < 1 {
			return a, fmt.Errorf("want round, sample N or peak")
		}
		a.Milliseconds, err = b.Sample(ctx, n)
	}
	return a, err
}
