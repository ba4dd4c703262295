package cli

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// shells are those that completions can be written for, each with how to have them in every session.
var shells = []struct{ name, install string }{
	{"bash", "%[1]s completion bash > ~/.local/share/bash-completion/completions/%[1]s   (needs the package bash-completion)"},
	{"zsh", `%[1]s completion zsh > "${fpath[1]}/_%[1]s"   (after 'autoload -U compinit; compinit' in ~/.zshrc)`},
	{"fish", "%[1]s completion fish > ~/.config/fish/completions/%[1]s.fish"},
	{"powershell", "%[1]s completion powershell | Out-String | Invoke-Expression   (in the profile)"},
}

// completionCommand takes the place of cobra's own, which has a command for each shell.
func (a *app) completionCommand() *cobra.Command {
	long := "Completion prints a script that makes a shell complete commands, flags and their values: presets, devices, keys of\n" +
		"a configuration and what they take, runs. To have it always:\n"
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
		long += fmt.Sprintf("\n  "+s.install, a.program.Name)
	}
	return &cobra.Command{
		Use: "completion SHELL", Short: "Print a script for the shell's completion", Long: long,
		Example:   fmt.Sprintf("  source <(%s completion bash)    for this session", a.program.Name),
		Args:      exactly("a shell: bash, zsh, fish or powershell"),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return bashCompletion(root, a.out)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
			return usagef("completion %s: want bash, zsh, fish or powershell", printable(args[0]))
		},
	}
}

// bashCompletion writes cobra's script, corrected in one thing: it compares what was typed with words that
// printf %q has escaped, and bash escapes commas, which stand between the switches of COMPAT and which nobody
// escapes who types.
func bashCompletion(root *cobra.Command, out io.Writer) error {
	var b bytes.Buffer
	if err := root.GenBashCompletionV2(&b, true); err != nil {
		return err
	}
	_, err := strings.NewReplacer(bashMatches, "comp=${comp//\\\\,/,}\n        "+bashMatches,
		bashSingle, bashSingle+"\n        COMPREPLY[0]=${COMPREPLY[0]//\\\\,/,}").WriteString(out, b.String())
	return err
}

// Lines of cobra's script.
const (
	bashMatches = `[[ $comp == "$cur"* ]] || continue`
	bashSingle  = `COMPREPLY[0]=$(printf "%q" "${COMPREPLY[0]%%$tab*}")`
)
