package config

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// DefaultPreset is the preset of a configuration that names none.
const DefaultPreset = "catfaces"

// Flag is a value given on the command line.
type Flag struct {
	Arg   string // as typed, for messages: "--device cpu"
	Key   string // DEVICE
	Value string // cpu
}

// Sources is where a configuration comes from. The zero value gives the default preset.
type Sources struct {
	File     []byte   // the contents of a YAML file, nil without one
	Filename string   // its name, for messages
	Preset   string   // --preset; empty to take PRESET from the file
	Sets     []string // KEY=VALUE of each --set; of several for one key the last counts
	Flags    []Flag   // of flags with names of their own; they come after Sets
	Variants []string // variants that VARIANT may name besides ganlib's own

	// Unchecked leaves out the check of the whole, for whoever has more to say of what is wrong with it: each
	// value is one of its key's, but they need not go together.
	Unchecked bool
}

// Resolve returns the configuration that the sources give together, complete and checked. Arguments
// come before the file, the file before compat switches, and those before the preset. An error is of
// type [*Error].
func Resolve(s Sources) (Config, error) {
	var r report
	fromFile := readYAML(s.File, s.Filename, &r)
	fromArgs := readFlags(s, &r)
	name := presetOf(slices.Concat(fromFile, fromArgs), DefaultPreset)
	if s.Preset != "" {
		name = s.Preset
	}
	base, known := presetNamed(name)
	if !known {
		base, _ = presetNamed(DefaultPreset)
		if s.Preset != "" { // a PRESET is reported with the other keys
			r.add(unknownPreset(origin{arg: "--preset " + shown(s.Preset)}, name))
		}
	}
	l := newLayering(base.config, s.Variants, &r)
	l.apply(fromFile)
	l.apply(fromArgs)
	if known {
		l.finish(s.Unchecked)
	}
	if err := r.err(); err != nil {
		return Config{}, err
	}
	return l.config, nil
}

// Load returns base with the values of a YAML file of at most 64 KiB; keys that the file does not name
// keep base's value. If the file's PRESET differs from base's, that preset takes the place of base.
// VARIANT may also name one of variants, or base's own. An error is of type [*Error], except for a
// failure of the reader, which is wrapped. Reading takes at most 4 MB and 4,096 times the file's length.
func Load(r io.Reader, filename string, base Config, variants ...string) (Config, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return Config{}, fmt.Errorf("config: load %s: %w", filename, err)
	}
	var found report
	values := readYAML(data, filename, &found)
	return overlay(values, base, append(variants, base.Variant), &found)
}

// overlay returns base with the given values.
func overlay(values []assignment, base Config, variants []string, r *report) (Config, error) {
	p, known := presetNamed(presetOf(values, base.Preset))
	switch {
	case known && p.info.Name != base.Preset:
		base = p.config
	case !known && presetOf(values, base.Preset) == base.Preset:
		r.add(unknownPreset(origin{}, base.Preset)) // one in values is reported with the other keys
	}
	l := newLayering(base, variants, r)
	l.apply(values)
	if known {
		l.finish(false)
	}
	if err := r.err(); err != nil {
		return Config{}, err
	}
	return l.config, nil
}

// presetOf returns the last PRESET among values, or otherwise if there is none.
func presetOf(values []assignment, otherwise string) string {
	for _, a := range slices.Backward(values) {
		if a.key == "PRESET" && !a.isList && a.without == "" {
			return a.texts[0]
		}
	}
	return otherwise
}

// readFlags returns the values of the command line.
func readFlags(s Sources, r *report) []assignment {
	var all []assignment
	for _, text := range s.Sets {
		o := origin{arg: "--set " + shown(text)}
		key, value, found := strings.Cut(text, "=")
		if !found {
			r.add(o.problem("", "want KEY=VALUE", ""))
			continue
		}
		all = append(all, assignment{key: strings.TrimSpace(key), at: o, value: o, texts: []string{strings.TrimSpace(value)}, places: []origin{o}})
	}
	for _, f := range s.Flags {
		o := origin{arg: f.Arg}
		all = append(all, assignment{key: f.Key, at: o, value: o, texts: []string{f.Value}, places: []origin{o}})
	}
	return all
}
