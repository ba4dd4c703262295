package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Every is how often something happens during a run: every so many generator steps, every so many
// epochs, every so much time, or never. At most one field is set; the zero value is never.
//
// Steps and epochs count from 0, so 100 means steps 0, 100, 200, …, and "10 epochs" means after
// epochs 0, 10, 20, ….
type Every struct {
	Steps  int           // generator steps
	Epochs int           // epochs
	Time   time.Duration // wall clock, at least a second
}

// maxEvery is the longest interval of time.
const maxEvery = 10_000 * time.Hour

const everyWant = `a number of generator steps, epoch, "N epochs", a time such as 10m (at least 1s), or never`

// EverySteps returns the interval of n generator steps.
func EverySteps(n int) Every { return Every{Steps: n} }

// EveryEpochs returns the interval of n epochs.
func EveryEpochs(n int) Every { return Every{Epochs: n} }

// EveryTime returns the interval d of wall-clock time.
func EveryTime(d time.Duration) Every { return Every{Time: d} }

// ParseEvery reads an interval: "100" (generator steps), "epoch", "10 epochs", "10m", or "never".
// Anything else is an error that says so.
func ParseEvery(text string) (Every, error) {
	var e Every
	count, unit, _ := strings.Cut(text, " ")
	switch {
	case text == "never":
		return e, nil
	case text == "epoch":
		return EveryEpochs(1), nil
	case unit == "epochs" || unit == "epoch":
		n, err := parseCount(count)
		if e = EveryEpochs(n); err == nil && n > 0 && e.valid() {
			return e, nil
		}
	default:
		if n, err := parseCount(text); err == nil {
			return EverySteps(n), nil
		}
		if d, err := time.ParseDuration(text); err == nil && d > 0 && EveryTime(d).valid() {
			return EveryTime(d), nil
		}
	}
	return Every{}, fmt.Errorf("config: parse interval: got %s, want %s", quote(text), everyWant)
}

// parseCount reads a decimal number from 0 to 2^31-1.
func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

// String returns the interval as [ParseEvery] reads it.
func (e Every) String() string {
	switch {
	case e.Steps != 0:
		return strconv.Itoa(e.Steps)
	case e.Epochs == 1:
		return "epoch"
	case e.Epochs != 0:
		return strconv.Itoa(e.Epochs) + " epochs"
	case e.Time != 0:
		text := e.Time.String()
		if strings.HasSuffix(text, "m0s") {
			text = strings.TrimSuffix(text, "0s")
		}
		if strings.HasSuffix(text, "h0m") {
			text = strings.TrimSuffix(text, "0m")
		}
		return text
	}
	return "never"
}

// OnStep reports whether generator step number step, from 0, is one of an interval in steps.
func (e Every) OnStep(step int) bool { return e.Steps > 0 && step%e.Steps == 0 }

// OnEpoch reports whether the end of epoch number epoch, from 0, is one of an interval in epochs.
func (e Every) OnEpoch(epoch int) bool { return e.Epochs > 0 && epoch%e.Epochs == 0 }

func (e Every) valid() bool {
	set := 0
	for _, given := range []bool{e.Steps != 0, e.Epochs != 0, e.Time != 0} {
		if given {
			set++
		}
	}
	return set <= 1 && e.Steps >= 0 && e.Steps <= math.MaxInt32 && e.Epochs >= 0 && e.Epochs <= math.MaxInt32 &&
		(e.Time == 0 || e.Time >= time.Second && e.Time <= maxEvery)
}
