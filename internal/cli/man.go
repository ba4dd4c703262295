package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ganlib/internal/words"
	"ganlib/runs"
)

// manCommand writes manual pages, for those who package the programs.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write manual pages", Hidden: true, Args: exactly("a folder"),
		Long: "Man writes the manual pages of all commands (section 1) and topics (section 7) into a folder.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usagef("man: want a folder")
			}
			return a.writeManual(cmd.Root(), args[0])
		},
	}
}

// writeManual writes a page for the tree, for each of its commands, and for each topic.
func (a *app) writeManual(root *cobra.Command, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("man: %w", err)
	}
	n := 0
	page := func(name, text string) error {
		n++
		return runs.WriteFile(filepath.Join(folder, name), func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		})
	}
	var commands func(cmd *cobra.Command) error
	commands = func(cmd *cobra.Command) error {
		if err := page(pageName(cmd)+".1", commandPage(cmd)); err != nil {
			return err
		}
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				if err := commands(c); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := commands(root); err != nil {
		return fmt.Errorf("man: %w", err)
	}
	for _, t := range topics() {
		if err := page(root.Name()+"-"+t.name+".7", topicPage(root.Name(), t)); err != nil {
			return fmt.Errorf("man: %w", err)
		}
	}
	_, err := fmt.Fprintf(a.out, "%s: %s; look at one with: man -l %s\n", printable(folder), words.Counted(n, "page"),
		shellWord(filepath.Join(folder, root.Name()+".1")))
	return err
}

// pageName is the name of a command's page: "ganlib-data-info".
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// commandPage is a command's page in the language of man(7).
func commandPage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	var b strings.Builder
	pageHead(&b, cmd.Root().Name(), pageName(cmd), "1", cmd.Short)
	b.WriteString(".SH SYNOPSIS\n.nf\n")
	if cmd.Runnable() {
		b.WriteString(roffLine(cmd.UseLine()))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(roffLine(cmd.CommandPath() + " COMMAND"))
	}
	b.WriteString(".fi\n")
	if text := cmd.Long; text != "" {
		b.WriteString(".SH DESCRIPTION\n" + roffText(text))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				b.WriteString(".TP\n.B " + roff(c.Name()) + "\n" + roffLine(c.Short))
			}
		}
	}
	pageFlags(&b, cmd)
	if cmd.Example != "" {
		b.WriteString(".SH EXAMPLES\n" + roffText(cmd.Example))
	}
	if !cmd.HasParent() {
		for _, name := range []string{"environment", "exit-codes"} {
			t, _ := topicNamed(name)
			b.WriteString(".SH " + map[string]string{"environment": "ENVIRONMENT", "exit-codes": "EXIT STATUS"}[name] + "\n" + roffText(t.filled()))
		}
	}
	seeAlso(&b, cmd)
	return b.String()
}

// pageFlags lists a command's flags.
func pageFlags(b *strings.Builder, cmd *cobra.Command) {
	first := true
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if first {
			b.WriteString(".SH OPTIONS\n")
			first = false
		}
		value, usage := pflag.UnquoteUsage(f)
		name := `\-\-` + roff(f.Name)
		if f.Shorthand != "" {
			name = `\-` + f.Shorthand + `, ` + name
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fP", name)
		if value != "" && f.NoOptDefVal == "" {
			fmt.Fprintf(b, ` \fI%s\fP`, roff(value))
		}
		if d := f.DefValue; d != "" && d != "0" && d != "false" && d != "[]" {
			usage += " (default " + d + ")"
		}
		b.WriteString("\n" + roffLine(usage))
	})
}

// topicPage is a topic's page.
func topicPage(program string, t topic) string {
	var b strings.Builder
	pageHead(&b, program, program+"-"+t.name, "7", t.short)
	b.WriteString(".SH DESCRIPTION\n" + roffText(t.filled()))
	b.WriteString(".SH SEE ALSO\n.BR " + roff(program) + " (1)\n")
	return b.String()
}

// pageHead begins a page. It has no date, so that equal sources make equal pages.
func pageHead(b *strings.Builder, program, name, section, short string) {
	fmt.Fprintf(b, ".TH \"%s\" \"%s\" \"\" \"%s\" \"%s manual\"\n.nh\n.ad l\n.SH NAME\n%s \\- %s", roff(strings.ToUpper(name)), section,
		roff(program), roff(program), roff(name), roffLine(short))
}

// seeAlso names the pages around a command's, and on the first page the topics'.
func seeAlso(b *strings.Builder, cmd *cobra.Command) {
	var pages []string
	add := func(name, section string) { pages = append(pages, ".BR "+roff(name)+" ("+section+")") }
	if cmd.HasParent() {
		add(pageName(cmd.Parent()), "1")
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			add(pageName(c), "1")
		}
	}
	if !cmd.HasParent() {
		for _, t := range topics() {
			add(cmd.Name()+"-"+t.name, "7")
		}
	} else if _, both := topicNamed(cmd.Name()); both && cmd.Parent() == cmd.Root() {
		add(pageName(cmd), "7")
	}
	b.WriteString(".SH SEE ALSO\n" + strings.Join(pages, ",\n") + "\n")
}

// roff escapes what is more than a letter to the formatter, within a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`, "'", `\(aq`).Replace(text)
	if strings.IndexFunc(text, foreign) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if foreign(r) {
			fmt.Fprintf(&b, `\[u%04X]`, r) // whatever encoding the formatter thinks that the page has
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func foreign(r rune) bool { return r >= utf8.RuneSelf }

// roffLine is a line of text.
func roffLine(text string) string {
	text = roff(strings.Join(strings.Fields(text), " "))
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text + "\n"
}

// roffText is a text whose paragraphs are filled; indented lines stay as they are.
func roffText(text string) string {
	var b strings.Builder
	verbatim := false
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		line = strings.TrimRight(line, "\n")
		indented := strings.HasPrefix(line, "  ")
		if indented != verbatim && line != "" {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
			verbatim = indented
		}
		switch {
		case line == "":
			b.WriteString(".sp\n")
		case indented:
			b.WriteString(`\&` + roff(line) + "\n")
		default:
			b.WriteString(roffLine(line))
		}
	}
	if verbatim {
		b.WriteString(".fi\n")
	}
	return b.String()
}
