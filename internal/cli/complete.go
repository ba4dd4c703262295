package cli

import (
	"github.com/spf13/cobra"

	"ganlib/config"
)

// complete offers words for a flag's value to shells.
func complete(cmd *cobra.Command, flag string, words []string) {
	// The only error is a flag that does not exist or has words already.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

// setWords are the beginnings of --set's values.
func setWords() []string {
	var words []string
	for _, key := range config.Keys() {
		words = append(words, key.Name+"=\t"+key.Doc)
	}
	return words
}
