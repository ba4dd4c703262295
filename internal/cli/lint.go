package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
	"ganlib/lint"
	"ganlib/presets"
	"ganlib/runner"
	"ganlib/runs"
)

// lintOptions are the flags of lint.
type lintOptions struct {
	setup
	rules, json bool
}

func (a *app) lintCommand() *cobra.Command {
	var o lintOptions
	cmd := &cobra.Command{
		Use: "lint [RUN]", Short: "Find mistakes in a configuration",
		Long: "Lint looks for settings that are allowed and train nothing of use, or something else than was meant: of the\n" +
			"configuration that the flags choose, or of a run's. It says why each is a mistake, what to write instead, and\n" +
			"which paper or tutorial that is from. With errors the exit code is 1; warnings are told. What a switch of COMPAT\n" +
			"asks for by name is a warning: somebody means it.",
		Args: atMost(1, "a run"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.lint(cmd, &o, args) },
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&o.rules, "rules", false, "print what it looks for instead")
	jsonFlag(cmd, &o.json)
	cmd.Flags().SortFlags = false
	return cmd
}

func (a *app) lint(cmd *cobra.Command, o *lintOptions, args []string) error {
	chosen := cmd.Flags().Changed("hyp") || cmd.Flags().Changed("preset") || cmd.Flags().Changed("set")
	switch {
	case o.rules && (chosen || len(args) > 0):
		return usagef("--rules: not with a configuration")
	case chosen && len(args) > 0:
		return usagef("--hyp, --preset and --set: not with a run, which has its configuration")
	case o.rules:
		return a.lintRules(o.json)
	}
	c, err := a.lintConfig(cmd, o, args)
	if err != nil {
		return err
	}
	var facts lint.Facts
	if s, err := presets.FindData(c, presets.DataOptions{}); err == nil { // data that are missing are no mistake here
		facts.Images = s.Len()
	}
	return a.lintFindings(lint.Check(c, facts), o.json)
}

// lintConfig returns the configuration to look at, valid or not.
func (a *app) lintConfig(cmd *cobra.Command, o *lintOptions, args []string) (config.Config, error) {
	if len(args) == 0 {
		o.unchecked = true
		c, err := o.resolve(cmd, nil, device.Options{Name: "auto"})
		for _, note := range c.notes {
			a.console.printf("%s", note)
		}
		return c.config, err
	}
	run, err := runs.Open(args[0])
	if err != nil {
		return config.Config{}, err
	}
	defer run.Close()
	return runner.ConfigOf(run)
}

// lintFacts is what lint prints with --json.
type lintFacts struct {
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Findings []lint.Finding `json:"findings"`
}

func (a *app) lintFindings(found []lint.Finding, asJSON bool) error {
	count := len(lint.Errors(found))
	if asJSON {
		if err := a.printJSON(lintFacts{count, len(found) - count, append([]lint.Finding{}, found...)}); err != nil {
			return err
		}
	} else if err := a.print(lintText(found)); err != nil {
		return err
	}
	if count > 0 {
		return errors.New("lint: " + words.Counted(count, "error"))
	}
	return nil
}

func lintText(found []lint.Finding) string {
	if len(found) == 0 {
		return "No mistakes were found.\n"
	}
	var b strings.Builder
	for i, f := range found {
		if i > 0 {
			b.WriteByte('\n')
		}
		var settings []string
		for _, s := range f.Settings {
			settings = append(settings, s.Key+" "+s.Value)
		}
		fmt.Fprintf(&b, "%v: %s (%s)\n", f.Severity, f.Rule, printable(strings.Join(settings, ", ")))
		b.WriteString(wrapped(sentence(f.Reason), 2))
		b.WriteString(wrapped("Instead: "+f.Instead, 2))
		b.WriteString(wrapped("Source: "+f.Source, 2))
		if f.AskedBy != "" {
			b.WriteString(wrapped(f.AskedBy+" asks for it.", 2))
		}
	}
	return b.String()
}

// lintRule is what lint --rules --json prints of each rule.
type lintRule struct {
	Name     string          `json:"name"`
	Severity lint.Severity   `json:"severity"`
	Keys     []string        `json:"keys"`
	Switches []config.Switch `json:"switches,omitempty"`
	Reason   string          `json:"reason"`
	Instead  string          `json:"instead"`
	Source   string          `json:"source"`
}

func (a *app) lintRules(asJSON bool) error {
	if asJSON {
		var list []lintRule
		for _, r := range lint.Rules() {
			list = append(list, lintRule{r.Name, r.Severity, r.Keys, r.Switches, r.Reason, r.Instead, r.Source})
		}
		return a.printJSON(list)
	}
	var b strings.Builder
	for i, r := range lint.Rules() {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %v, of %s\n", r.Name, r.Severity, words.List(r.Keys))
		b.WriteString(wrapped(sentence(r.Reason), 2))
		b.WriteString(wrapped("Instead: "+r.Instead, 2))
		b.WriteString(wrapped("Source: "+r.Source, 2))
	}
	return a.print(b.String())
}

// sentence makes a sentence of words.
func sentence(words string) string {
	return strings.ToUpper(words[:1]) + words[1:] + "."
}

func (a *app) print(text string) error {
	_, err := a.out.Write([]byte(text))
	return err
}
