package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// addHelp gives the tree its help command, which knows topics too, and lists these below the commands.
func (a *app) addHelp(root *cobra.Command) {
	root.SetHelpCommand(a.helpCommand())
	standard := root.UsageFunc()
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		if err := standard(cmd); err != nil || cmd.HasParent() {
			return err
		}
		var b strings.Builder
		b.WriteString("\nHelp topics, each shown by '" + cmd.Name() + " help TOPIC':\n")
		for _, t := range topics() {
			fmt.Fprintf(&b, "  %-13s %s\n", t.name, t.short)
		}
		_, err := io.WriteString(cmd.OutOrStderr(), b.String())
		return err
	})
}

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND|TOPIC]", Short: "Explain a command or a topic",
		Long: "Help prints what a command does and its flags, or a text on a topic. A word that is both, such as data, is\n" +
			"the topic; the command's own help is one flag away: data --help.",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return helpWords(cmd.Root(), args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			if len(args) == 1 {
				if t, ok := topicNamed(args[0]); ok {
					return a.showTopic(root, t)
				}
			}
			of, rest, err := root.Find(args)
			if len(args) == 1 && args[0] == "topics" {
				of, rest, err = root, nil, nil // which lists them
			}
			if err != nil || len(rest) > 0 {
				return unknownHelp(root, args)
			}
			of.InitDefaultHelpFlag() // so that it is listed
			of.InitDefaultVersionFlag()
			return of.Help()
		},
	}
}

// showTopic prints a topic, and that there is a command of its name if there is one.
func (a *app) showTopic(root *cobra.Command, t topic) error {
	text := t.text()
	if of, rest, err := root.Find([]string{t.name}); err == nil && len(rest) == 0 && of != root {
		text += fmt.Sprintf("\nThe command of this name: %s --help\n", of.CommandPath())
	}
	_, err := io.WriteString(a.out, text)
	return err
}

// unknownHelp refuses words that are neither command nor topic, with the nearest that are.
func unknownHelp(root *cobra.Command, args []string) error {
	message := fmt.Sprintf("help %s: neither a command nor a topic", printable(strings.Join(args, " ")))
	last := args[len(args)-1]
	of, _, err := root.Find(args[:len(args)-1])
	if err != nil {
		of = root
	}
	of.SuggestionsMinimumDistance = 2
	near := of.SuggestionsFor(last)
	if len(args) == 1 {
		// Topics stand in as commands, to be near in the same sense.
		words := &cobra.Command{SuggestionsMinimumDistance: 2}
		for _, t := range topics() {
			if !containsCommand(root, t.name) {
				words.AddCommand(&cobra.Command{Use: t.name, Run: func(*cobra.Command, []string) {}})
			}
		}
		near = append(near, words.SuggestionsFor(last)...)
	}
	if len(near) > 0 {
		message += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{message}
}

func containsCommand(root *cobra.Command, name string) bool {
	of, _, err := root.Find([]string{name})
	return err == nil && of != root
}

// helpWords are what can follow help and the given words: commands below them, and topics at first.
func helpWords(root *cobra.Command, args []string) []string {
	of, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	var words []string
	for _, c := range of.Commands() {
		if c.IsAvailableCommand() {
			if _, both := topicNamed(c.Name()); !both || of != root {
				words = append(words, c.Name()+"\t"+c.Short)
			}
		}
	}
	if of == root {
		for _, t := range topics() {
			words = append(words, t.name+"\t"+t.short)
		}
	}
	return words
}
