package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/words"
)

// defaultFile is the configuration that is read, if it is there, when none is named.
const defaultFile = "train.config.yaml"

// maxFile is how much of a file is read: more than package config accepts, which then says so.
const maxFile = 1<<20 + 1

// setup holds the flags that choose a configuration.
type setup struct {
	file, preset string
	sets         []string
	unchecked    bool // values need not go together
}

func (s *setup) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&s.file, "hyp", "", "configuration `FILE`; without it "+defaultFile+" of the current folder, if there is one")
	f.StringVar(&s.preset, "preset", "", "`P`, the system to train; presets lists them")
	f.StringArrayVar(&s.sets, "set", nil, "`K=V`, the value of one configuration key; may be repeated")
	complete(cmd, "preset", config.Presets())
	complete(cmd, "set", setWords())
}

// choice is a configuration and where it comes from.
type choice struct {
	config config.Config
	notes  []string // lines that say what was chosen for the user
}

// resolve returns the configuration that the flags choose. more are the values of flags that stand for
// a key; on is what the command line says about the device.
func (s *setup) resolve(cmd *cobra.Command, more []config.Flag, on device.Options) (choice, error) {
	src := config.Sources{Preset: s.preset, Sets: s.sets, Flags: more, Unchecked: s.unchecked}
	if cmd.Flags().Changed("preset") && s.preset == "" {
		return choice{}, usagef("--preset: want a name listed by 'presets'")
	}
	var c choice
	name, data, err := s.read(cmd)
	if err != nil {
		return choice{}, err
	}
	src.Filename, src.File = name, data
	switch {
	case data != nil && !cmd.Flags().Changed("hyp"):
		c.notes = append(c.notes, fmt.Sprintf("Configuration: %s of the current folder.", name))
	case data == nil && s.preset == "" && !s.gives("PRESET"):
		small, note := s.shrink(plainFeatures(engineOf(on)))
		src.Sets = slices.Concat([]string{"DEVICE=auto"}, small, s.sets) // nobody has asked for the preset's
		c.notes = append(c.notes, note...)
	}
	c.config, err = config.Resolve(src)
	return c, err
}

// shrink returns the settings that give networks the base width f, but for those that the user has
// chosen, and a line that says so. An f of 0 changes nothing.
func (s *setup) shrink(f int) (sets, notes []string) {
	var keys []string
	for _, key := range []string{"FEATURES_CRITIC", "FEATURES_GEN"} {
		if f > 0 && !s.gives(key) {
			keys = append(keys, key)
			sets = append(sets, fmt.Sprintf("%s=%d", key, f))
		}
	}
	full, err := config.Preset(config.DefaultPreset)
	if len(keys) == 0 || err != nil {
		return nil, nil
	}
	return sets, []string{fmt.Sprintf("%s %d instead of %d: networks that this computer's engine trains in bearable time. Full size: --preset %s, or a configuration file with --hyp.",
		words.List(keys), f, full.FeaturesGen, full.Preset)}
}

// read returns the configuration file's name and content; nil content if there is no file.
func (s *setup) read(cmd *cobra.Command) (string, []byte, error) {
	name, given := defaultFile, cmd.Flags().Changed("hyp")
	if given {
		name = s.file
	}
	file, err := os.Open(name)
	if err != nil {
		if !given && errors.Is(err, fs.ErrNotExist) {
			return "", nil, nil
		}
		return "", nil, fmt.Errorf("configuration file: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return "", nil, fmt.Errorf("configuration file: %w", err)
	}
	if data == nil {
		data = []byte{}
	}
	return name, data, nil
}

// gives reports whether a --set names the key.
func (s *setup) gives(key string) bool {
	return slices.ContainsFunc(s.sets, func(text string) bool {
		given, _, _ := strings.Cut(text, "=")
		return strings.TrimSpace(given) == key
	})
}

// plainFeatures is the base width of the networks that a start without any choice trains: what an
// engine, described as devices describe themselves, gets through in an hour or so. 0 is the preset's
// own width.
func plainFeatures(engine string) int {
	switch {
	case strings.HasPrefix(engine, "cuda"):
		return 0
	case strings.Contains(engine, "reference"):
		return 8
	}
	return 16
}

// engineOf describes the device that a run will have; what cannot be opened is reported later.
func engineOf(on device.Options) string {
	on.Threads = 1
	dev, err := device.Open(on)
	if err != nil {
		on.Name = "auto"
		if dev, err = device.Open(on); err != nil {
			return ""
		}
	}
	defer dev.Close()
	return dev.String()
}
