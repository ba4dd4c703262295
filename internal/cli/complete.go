package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
	"ganlib/runs"
)

// A completion is a word that a shell offers, with a tab before its description.

// complete offers words for a flag's value to shells. The flags of setup, and --device, offer more.
func complete(cmd *cobra.Command, flag string, words []string) {
	offer := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	switch flag {
	case "device":
		offer = completeDevice
	case "preset":
		offer = cobra.FixedCompletions(presetWords(), cobra.ShellCompDirectiveNoFileComp)
	case "set":
		offer = completeSet
	}
	// The only error is a flag that does not exist or has words already.
	_ = cmd.RegisterFlagCompletionFunc(flag, offer)
}

// completeRest gives every flag and every command below cmd, and cmd itself, words to offer that has none:
// what the name of its value says, which is also what its help says.
func completeRest(cmd *cobra.Command) {
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); !has && f.NoOptDefVal == "" {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, valueWords(f)) // it exists, and has none
		}
	})
	if cmd.ValidArgsFunction == nil && cmd.ValidArgs == nil {
		cmd.ValidArgsFunction = argumentWords(cmd.Use)
	}
	for _, c := range cmd.Commands() {
		completeRest(c)
	}
}

// valueWords offers what a flag's value is called.
func valueWords(f *pflag.Flag) cobra.CompletionFunc {
	name, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Name == "hyp":
		return cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt)
	case f.Name == "path":
		return completeRuns(cobra.ShellCompDirectiveDefault)
	}
	return kindWords(name)
}

// kindWords offers what a word of a usage line stands for.
func kindWords(kind string) cobra.CompletionFunc {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(kind, w) })
	}
	switch {
	case has("RUN") && !has("FILE", "CHECKPOINT"):
		return completeRuns(cobra.ShellCompDirectiveFilterDirs)
	case has("RUN"):
		return completeRuns(cobra.ShellCompDirectiveDefault)
	case has("DIR", "FOLDER"):
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	case has("FILE", "PATH"):
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	}
	return cobra.NoFileCompletions
}

// argumentWords offers what a command's usage line calls its arguments: "inspect FILE|RUN".
func argumentWords(use string) cobra.CompletionFunc {
	words := strings.Fields(use)[1:]
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		at := len(args)
		if last := len(words) - 1; at > last && last >= 0 && strings.ContainsAny(words[last], "….") { // as many as one likes
			at = last
		}
		if at >= len(words) || strings.HasPrefix(words[at], "-") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return kindWords(words[at])(cmd, args, typed)
	}
}

// setWords are the beginnings of --set's values.
func setWords() []string {
	var words []string
	for _, key := range config.Keys() {
		words = append(words, key.Name+"=\t"+key.Doc)
	}
	return words
}

// completeSet offers keys, and after the equals sign what the key takes.
func completeSet(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	name, value, hasValue := strings.Cut(typed, "=")
	if !hasValue {
		return setWords(), none | cobra.ShellCompDirectiveNoSpace
	}
	for _, key := range config.Keys() {
		if key.Name != name {
			continue
		}
		values, more := keyWords(cmd, key, value)
		for i := range values {
			values[i] = name + "=" + values[i]
		}
		if more {
			return values, none | cobra.ShellCompDirectiveNoSpace
		}
		return values, none
	}
	return nil, none
}

// keyWords offers values of a key. more says that another may follow, as in a list.
func keyWords(cmd *cobra.Command, key config.Key, typed string) (words []string, more bool) {
	switch {
	case key.Name == "PRESET":
		return presetWords(), false
	case key.Name == "DEVICE":
		words, _ := completeDevice(cmd, nil, typed)
		return words, false
	case key.Type == "list":
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		chosen := strings.Split(before, ",")
		for _, w := range key.Words {
			if slices.Contains(chosen, w) || before != "" && (w == "all" || w == "none") {
				continue
			}
			words = append(words, before+w+"\t"+config.Switch(w).Doc())
		}
		return words, true
	case key.Type == "interval":
		return []string{"epoch", "never", "100\tgenerator steps", "10 epochs", "10m\ttime"}, false
	case key.Words != nil:
		return slices.Clone(key.Words), false
	}
	preset := config.DefaultPreset
	if f := cmd.Flag("preset"); f != nil && f.Value.String() != "" {
		preset = f.Value.String()
	}
	if c, err := config.Preset(preset); err == nil {
		return []string{config.Map(c)[key.Name] + "\t" + preset + "'s; " + key.Range}, false
	}
	return nil, false
}

// presetWords are the presets with what they are.
func presetWords() []string {
	words := config.Presets()
	for i, name := range words {
		if info, err := config.Describe(name); err == nil {
			words[i] += "\t" + info.System
		}
	}
	return words
}

// completeDevice offers devices; GPUs by number once cuda: is there, since asking for them takes a while.
func completeDevice(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	words := slices.Clone(deviceWords)
	if strings.HasPrefix(typed, "cuda:") {
		words = nil
		cpu := device.NewMeta()
		list, _ := listDevices(cpu)
		for _, d := range list[1:] {
			words = append(words, d.Name+"\t"+printable(d.Model))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// mostRuns bounds how many runs are offered.
const mostRuns = 100

// completeRuns offers the runs in the folder that is being typed, at first also those in the usual place. If
// there are none, otherwise says what to do.
func completeRuns(otherwise cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		folder, _ := filepath.Split(typed)
		words := runsIn(folder)
		if folder == "" {
			root := "trains"
			if f := cmd.Flag("runs"); f != nil {
				root = f.Value.String()
			}
			words = append(words, runsIn(root+string(filepath.Separator))...)
		}
		words = slices.DeleteFunc(words, func(w string) bool { return !strings.HasPrefix(w, typed) })
		if len(words) == 0 {
			return nil, otherwise
		}
		for i, w := range words {
			words[i] += "\t" + runDescription(w)
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// runsIn returns the runs in a folder, which is empty or ends in a separator, the latest first.
func runsIn(folder string) []string {
	entries, err := os.ReadDir(filepath.Clean(folder))
	if err != nil {
		return nil
	}
	type found struct {
		path    string
		changed int64
	}
	var list []found
	for _, e := range entries {
		path := folder + e.Name()
		if printable(path) != path || strings.HasPrefix(e.Name(), ".") {
			continue // not to be typed
		}
		if _, err := runs.Open(path); err != nil {
			continue
		}
		if info, err := os.Stat(filepath.Join(path, runs.ModelFolder)); err == nil {
			list = append(list, found{path, info.ModTime().UnixNano()})
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.changed, a.changed) })
	var paths []string
	for _, f := range list[:min(len(list), mostRuns)] {
		paths = append(paths, f.path)
	}
	return paths
}

// runDescription says how far a run is.
func runDescription(path string) string {
	run, err := runs.Open(path)
	if err != nil {
		return ""
	}
	latest, err := run.Latest()
	if err != nil {
		return "no checkpoint"
	}
	return "step " + words.Grouped(latest.Step)
}
