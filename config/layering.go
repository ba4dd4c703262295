package config

import (
	"fmt"
	"slices"
	"strings"
)

// layering builds a configuration from a base and given values.
type layering struct {
	base, config Config
	variants     []string          // that VARIANT may name besides ganlib's own
	given        map[string]origin // the keys that were given, and where
	broken       map[string]bool   // those whose value was refused
	report       *report
}

func newLayering(base Config, variants []string, r *report) *layering {
	return &layering{base: base, config: base, variants: variants, given: map[string]origin{}, broken: map[string]bool{}, report: r}
}

// apply stores the values of one source, in which no key may occur twice unless it is the command
// line, where the last counts.
func (l *layering) apply(values []assignment) {
	lines := map[string]int{}
	for _, a := range values {
		r, known := rowNamed(a.key)
		if !known {
			l.report.add(l.unknown(a))
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

// unknown is the problem of a key that there is none of.
func (l *layering) unknown(a assignment) Problem {
	near := ""
	if !l.report.full() { // the search costs too much for what nobody will see
		near = nearest(a.key, keyNames())
	}
	return a.at.problem(shown(a.key), "unknown key", near)
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

// finish derives what follows from the given values, and checks the whole unless told not to.
func (l *layering) finish(unchecked bool) {
	if p, ok := presetNamed(l.config.Preset); ok && l.config.GenNoise == genNoiseReuse {
		l.config.GenNoise = p.reuse
	}
	l.follow()
	if !l.broken["COMPAT"] {
		l.compat()
	}
	if unchecked {
		return
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
			return at.problem(v.keys[0], v.detail, "")
		}
	}
	return origin{}.problem(v.keys[0], v.detail, "")
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
	_, given := l.given["COMPAT"] // otherwise base's switches have set their keys already
	for _, s := range c.Compat.Switches() {
		row := switchTable[switchIndex(s)]
		if !slices.Contains(applicable, s) {
			continue // reported by the check of the whole
		}
		for _, value := range row.sets {
			if _, ok := l.given[value.key]; given && !ok {
				c.set(value)
			}
		}
		if !row.effective(*c) {
			c.Compat.remove(s)
		}
	}
}

// shown returns a text as a message shows it: in quotes if it is empty, odd or too long.
func shown(text string) string {
	if quoted := quote(text); text == "" || strings.Contains(quoted, "…") || strings.Contains(quoted, `\`) {
		return quoted
	}
	return text
}
