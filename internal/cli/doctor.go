package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	memory "ganlib/internal/process"
	"ganlib/internal/words"
)

// Outcomes of a check.
const (
	stateOK   = "ok"
	stateWarn = "warn" // works, but not as well as it could
	stateFail = "fail" // something is broken
)

// check is what doctor found out about one thing.
type check struct {
	Name  string         `json:"name"`
	State string         `json:"state"`
	Found string         `json:"found"`
	Next  string         `json:"next,omitempty"` // what to do
	Facts map[string]any `json:"facts"`
}

// warn and fail make the check's state worse, never better. What is to be done first stays.
func (c *check) warn(next string, args ...any) { c.worsen(stateWarn, next, args) }
func (c *check) fail(next string, args ...any) { c.worsen(stateFail, next, args) }

func (c *check) worsen(state, next string, args []any) {
	if c.State != stateFail {
		c.State = state
	}
	c.advise(next, args...)
}

// advise says what can be done, in an order of its own for each state.
func (c *check) advise(next string, args ...any) {
	if c.Next != "" {
		c.Next += "; "
	}
	c.Next += fmt.Sprintf(next, args...)
}

// newCheck begins with what was found and that it is well.
func newCheck(name, found string, args ...any) check {
	return check{Name: name, State: stateOK, Found: fmt.Sprintf(found, args...), Facts: map[string]any{}}
}

// machine is what doctor looks at beside the device package, which tests put other things in the place of.
type machine struct {
	program string
	root    string // the file system's root, for /proc and /sys
	runs    string // folder of the runs
}

func (m machine) system() memory.System { return memory.System{Root: m.root} }

func (a *app) doctorCommand() *cobra.Command {
	m := machine{program: a.program.Name, root: "/", runs: "trains"}
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check this computer, and say what to do about what is wrong", Args: atMost(0, "flags only"),
		Long: "Doctor looks at what a training needs: processor and engine, threads, memory, GPUs and their driver, the folders\n" +
			"of runs and data, the configuration file and the environment. It computes a little on each device and compares\n" +
			"the results. The exit code is 0 unless a check fails. Nothing stays written.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if m.runs == "" {
				return usagef("--runs: want a folder")
			}
			return a.doctor(cmd.Context(), m, asJSON)
		},
	}
	cmd.Flags().StringVar(&m.runs, "runs", m.runs, "`DIR` that holds the runs")
	jsonFlag(cmd, &asJSON)
	cmd.Flags().SortFlags = false
	return cmd
}

func (a *app) doctor(ctx context.Context, m machine, asJSON bool) error {
	var checks []check
	for _, look := range []func(machine) check{
		checkVersion, checkCPU, checkEngineHere, checkBLAS, checkThreads, checkMemory, checkGPU, checkRuns, checkData, checkConfig, checkEnvironment,
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		checks = append(checks, look(m))
	}
	var failed []string
	for _, c := range checks {
		if c.State == stateFail {
			failed = append(failed, c.Name)
		}
	}
	var err error
	if asJSON {
		err = a.printJSON(struct {
			OK     bool    `json:"ok"`
			Checks []check `json:"checks"`
		}{failed == nil, checks})
	} else {
		err = writeChecks(a.out, checks, colourful(a.out))
	}
	if err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("doctor: %s failed: %s", words.Counted(len(failed), "check"), words.List(failed))
	}
	return nil
}

// marks show the states, in colour on terminals.
var marks = map[string]struct{ plain, colour string }{
	stateOK:   {"ok  ", "\x1b[32m✓\x1b[0m"},
	stateWarn: {"warn", "\x1b[33m!\x1b[0m"},
	stateFail: {"fail", "\x1b[31m✗\x1b[0m"},
}

// writeChecks writes a line for each check, and one for what to do.
func writeChecks(out io.Writer, checks []check, colour bool) error {
	var b strings.Builder
	for _, c := range checks {
		mark, arrow, indent := marks[c.State].plain, "next:", 6
		if colour {
			mark, arrow, indent = marks[c.State].colour, "→", 3
		}
		fmt.Fprintf(&b, "%s  %-11s  %s\n", mark, c.Name, printable(c.Found))
		if c.Next != "" {
			fmt.Fprintf(&b, "%*s%-11s  %s %s\n", indent, "", "", arrow, printable(c.Next))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// colourful reports whether out is a terminal that may be given colours.
func colourful(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}
