package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/runner"
)

// watchOptions are the flags of train about what is looked at before and while it trains.
type watchOptions struct {
	lint, onNaN string
	tries       int
}

var (
	lintModes = []string{string(runner.RefuseMistakes), string(runner.WarnOfMistakes), string(runner.IgnoreMistakes)}
	onNaNs    = []string{string(runner.StopOnNaN), string(runner.RollBackOnNaN), string(runner.WarnOnNaN)}
)

func (o *watchOptions) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.lint, "lint", lintModes[0], "`M`, what to do about mistakes in the configuration: refuse (errors; warnings are told), warn, off")
	f.StringVar(&o.onNaN, "on-nan", onNaNs[0], "`P`, what to do about numbers that are not finite: stop, rollback (to the last checkpoint, with other random numbers) or warn")
	f.IntVar(&o.tries, "on-nan-tries", runner.DefaultOnNaNTries, "go on from one checkpoint at most `N` times")
	complete(cmd, "lint", lintModes)
	complete(cmd, "on-nan", onNaNs)
}

// check refuses values that mean nothing.
func (o *watchOptions) check() error {
	switch {
	case !slices.Contains(lintModes, o.lint):
		return usagef("--lint %q: want %s", o.lint, strings.Join(lintModes, ", "))
	case !slices.Contains(onNaNs, o.onNaN):
		return usagef("--on-nan %q: want %s", o.onNaN, strings.Join(onNaNs, ", "))
	case o.tries < 1:
		return usagef("--on-nan-tries %d: want at least 1", o.tries)
	}
	return nil
}

func (o *watchOptions) apply(r *runner.Options) {
	r.Lint, r.OnNaN, r.OnNaNTries = runner.LintMode(o.lint), runner.OnNaN(o.onNaN), o.tries
}
