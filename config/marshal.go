package config

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Marshal returns the configuration as a YAML file: every key with its value, in a fixed order, each
// under a comment with its meaning and range. [Load] of it gives the equal Config for any base.
func Marshal(c Config) []byte {
	var b bytes.Buffer
	b.WriteString("# Configuration of a ganlib training run: every key and its value.\n")
	for _, g := range table {
		fmt.Fprintf(&b, "\n# ---- %s ----\n", g.title)
		for _, r := range g.rows {
			fmt.Fprintf(&b, "\n# %s\n# %s: %s\n%s: %s\n", r.doc, r.domain.kind(), r.rangeText(), r.name, yamlText(r, c))
		}
	}
	return b.Bytes()
}

// yamlText returns a value in YAML: bare where nobody can misread it, otherwise in single quotes.
func yamlText(r row, c Config) string {
	text := r.domain.format(r.field(&c))
	switch r.domain.(type) {
	case choices, textual:
		if !bare(text) {
			return "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
	case switches:
		if names := c.Compat.Switches(); len(names) > 0 {
			return "[" + strings.Join(words(names), ", ") + "]"
		}
	}
	return text
}

// bare reports whether a text may stand without quotes: letters, digits, _, - and /, a letter first,
// and none of the words that some version of YAML reads as something else.
func bare(text string) bool {
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789_-/", r)) {
			return false
		}
	}
	switch strings.ToLower(text) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return false
	}
	return true
}

// Map returns the configuration as the canonical text of every key, for a file's metadata.
func Map(c Config) map[string]string {
	m := make(map[string]string, len(rows))
	for _, r := range rows {
		m[r.name] = r.domain.format(r.field(&c))
	}
	return m
}

// FromMap returns the configuration that [Map] wrote. A key that is missing, because an older ganlib
// did not have it, takes its value from the preset; a missing PRESET, an unknown key, or a value that
// is not valid is an [*Error].
func FromMap(m map[string]string) (Config, error) {
	var r report
	var values []assignment
	add := func(key string) {
		values = append(values, assignment{key: key, texts: []string{m[key]}, places: []origin{{}}})
	}
	for _, key := range keyNames() { // in a fixed order, for the messages
		if _, ok := m[key]; ok {
			add(key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if _, known := rowNamed(key); !known {
			add(key)
		}
	}
	base, _ := presetNamed(m["PRESET"])
	var further []string
	if isName(m["VARIANT"]) {
		further = []string{m["VARIANT"]}
	}
	return overlay(values, base.config, further, &r)
}

// Difference is a key in which two configurations differ.
type Difference struct {
	Key       string
	A, B      string // the values, as canonical text
	MayChange bool   // a resumed run may differ in it
}

// String returns "KEY: A, now B".
func (d Difference) String() string { return fmt.Sprintf("%s: %s, now %s", d.Key, d.A, d.B) }

// Diff returns the keys in which b differs from a, in the order of [Keys].
func Diff(a, b Config) []Difference {
	var all []Difference
	for _, r := range rows {
		if x, y := r.domain.format(r.field(&a)), r.domain.format(r.field(&b)); x != y {
			all = append(all, Difference{Key: r.name, A: x, B: y, MayChange: r.mayChange})
		}
	}
	return all
}
