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
			r.add(unknownPreset(origin{arg: "--preset " + s.Preset}, name))
		}
	}
	l := layering{base: base.config, config: base.config, variants: s.Variants, report: &r}
	l.apply(fromFile)
	l.apply(fromArgs)
	if known {
		l.finish()
	}
	if err := r.err(); err != nil {
		return Config{}, err
	}
	return l.config, nil
}

// Load returns base with the values of a YAML file of at most 1 MiB; keys that the file does not name
// keep base's value. If the file's PRESET differs from base's, that preset takes the place of base.
// VARIANT may also name one of variants, or base's own. An error is of type [*Error], except for a
// failure of the reader, which is wrapped.
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
	l := layering{base: base, config: base, variants: variants, report: r}
	l.apply(values)
	if known {
		l.finish()
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
		o := origin{arg: "--set " + text}
		key, value, found := strings.Cut(text, "=")
		if !found {
			o.arg = "--set " + quote(text)
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

// layering builds a configuration from a base and given values.
type layering struct {
	base, config Config
	variants     []string          // that VARIANT may name besides ganlib's own
	given        map[string]origin // the keys that were given, and where
	broken       map[string]bool   // those whose value was refused
	report       *report
}

// apply stores the values of one source, in which no key may occur twice unless it is the command
// line, where the last counts.
func (l *layering) apply(values []assignment) {
	if l.given == nil {
		l.given, l.broken = map[string]origin{}, map[string]bool{}
	}
	lines := map[string]int{}
	for _, a := range values {
		r, known := rowNamed(a.key)
		if !known {
			l.report.add(a.at.problem(shorten(a.key), "unknown key", nearest(a.key, keyNames())))
			continue
		}
		if first, again := lines[a.key]; again && a.at.arg == "" {
			l.report.add(a.at.problem(a.key, fmt.Sprintf("given twice, first in line %d", first), ""))
			continue
		}
		lines[a.key] = a.at.line
		chosen := l.config.Preset
		l.store(r, a)
		l.config.Preset = chosen // by whoever called; an argument may have overruled the file
	}
}

// store parses one value into the configuration.
func (l *layering) store(r row, a assignment) {
	_, takesList := r.domain.(switches)
	fail := func(at origin, detail, nearest string) {
		l.broken[r.name] = true
		l.report.add(at.problem(r.name, detail, nearest))
	}
	l.given[r.name] = a.value
	switch {
	case a.isList && !takesList:
		fail(a.value, "got a list, want "+r.domain.want(), "")
	case a.without != "":
		fail(a.value, "got "+a.without+", want "+r.domain.want(), "")
	default:
		d := r.domain
		if r.name == "VARIANT" {
			d = variantChoices(l.variants)
		}
		if f := d.parse(r.field(&l.config), a.texts); f != nil {
			at := a.value
			if f.item < len(a.places) {
				at = a.places[f.item]
			}
			fail(at, f.detail, f.nearest)
		} else {
			delete(l.broken, r.name)
		}
	}
}

// variantChoices returns ganlib's own variants and further ones.
func variantChoices(further []string) domain {
	d := choices{words: slices.Clone(variantNames), aliases: variantAliases}
	for _, v := range further {
		if isName(v) && !slices.Contains(d.words, v) {
			d.words = append(d.words, v)
		}
	}
	return d
}

// finish derives what follows from the given values, and checks the whole.
func (l *layering) finish() {
	if p, ok := presetNamed(l.config.Preset); ok && l.config.GenNoise == genNoiseReuse {
		l.config.GenNoise = p.reuse
	}
	l.follow()
	if !l.broken["COMPAT"] {
		l.compat()
	}
	for _, v := range l.config.violations() {
		if slices.ContainsFunc(v.keys, func(key string) bool { return l.broken[key] }) {
			continue // the value in question is not the one that was meant
		}
		l.report.add(l.blame(v))
	}
}

// blame returns a violation as a problem of the first of its keys that was given.
func (l *layering) blame(v violation) Problem {
	for _, key := range v.keys {
		if at, ok := l.given[key]; ok {
			return at.problem(v.keys[0], v.detail, v.nearest)
		}
	}
	return origin{}.problem(v.keys[0], v.detail, v.nearest)
}

// follow sets the keys that depend on a key that was changed, unless they are given themselves.
func (l *layering) follow() {
	c := &l.config
	derive := func(s setting) {
		if _, ok := l.given[s.key]; !ok {
			c.set(s)
		}
	}
	if c.Variant != l.base.Variant {
		clip := "0"
		if c.Variant == VariantClip {
			clip = "0.01" // Arjovsky et al. 2017, algorithm 1
		}
		derive(setting{"CLIP_VALUE", clip})
	}
	if c.Optimizer != l.base.Optimizer || c.OptConvention != l.base.OptConvention {
		for _, s := range conventions[c.Optimizer][c.OptConvention] {
			derive(s)
		}
	}
}

// conventions holds the constants of each optimiser's formula.
var conventions = map[string]map[string][]setting{
	Adam: {
		ConventionPyTorch:  {{"OPT_EPS", "1.0e-8"}},
		ConventionKeras:    {{"OPT_EPS", "1.0e-7"}},
		ConventionKeras211: {{"OPT_EPS", "1.0e-7"}},
		ConventionTF1:      {{"OPT_EPS", "1.0e-8"}},
	},
	RMSProp: {
		ConventionPyTorch:  {{"RHO", "0.99"}, {"OPT_EPS", "1.0e-8"}},
		ConventionKeras:    {{"RHO", "0.9"}, {"OPT_EPS", "1.0e-7"}},
		ConventionKeras211: {{"RHO", "0.9"}, {"OPT_EPS", "1.0e-7"}},
		ConventionTF1:      {{"RHO", "0.9"}, {"OPT_EPS", "1.0e-10"}},
	},
}

// compat sets the keys that the switches stand for. A given key wins, and a switch that then has no
// effect is left out of the set.
func (l *layering) compat() {
	c := &l.config
	applicable := Switches(c.Preset)
	if c.Compat == compatAll {
		c.Compat = Compat{}
		for _, s := range applicable {
			if row := switchTable[switchIndex(s)]; row.variant == "" || row.variant == c.Variant {
				c.Compat.add(s)
			}
		}
		if len(applicable) == 0 {
			l.report.add(l.given["COMPAT"].problem("COMPAT", fmt.Sprintf("got all, but %s reproduces no tutorial and has no switches", c.Preset), ""))
		}
	}
	if _, given := l.given["COMPAT"]; !given {
		return // base's switches have had their effect
	}
	for _, s := range c.Compat.Switches() {
		row := switchTable[switchIndex(s)]
		if !slices.Contains(applicable, s) {
			continue // reported by the check of the whole
		}
		for _, value := range row.sets {
			if _, ok := l.given[value.key]; !ok {
				c.set(value)
			}
		}
		if !row.effective(*c) {
			c.Compat.remove(s)
		}
	}
}

// shorten returns a key for a message: in quotes if it is empty, odd or too long.
func shorten(key string) string {
	if quoted := quote(key); key == "" || strings.Contains(quoted, "…") || strings.Contains(quoted, `\`) {
		return quoted
	}
	return key
}
