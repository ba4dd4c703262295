package config

import "slices"

// Key describes one key of the configuration.
type Key struct {
	Name      string   // as in a file: upper case
	Group     string   // the heading under which it is documented
	Type      string   // int, float, bool, choice, text, list or interval
	Range     string   // the values it takes, in words
	Words     []string // the values themselves, where they are a few words; of a list, those of its items
	MayChange bool     // a resumed run may have another value than the run it continues
	Doc       string   // one sentence
}

// row is a key with the means to read and write it.
type row struct {
	name      string
	domain    domain
	field     func(*Config) any
	mayChange bool
	doc       string
	values    string // what Key.Range says, if the domain's own words do not say it all
}

// group is a heading with its keys.
type group struct {
	title string
	rows  []row
}

// Keys returns the description of every key, in the order in which [Marshal] writes them.
func Keys() []Key {
	var keys []Key
	for _, g := range table {
		for _, r := range g.rows {
			keys = append(keys, Key{
				Name: r.name, Group: g.title, Type: r.domain.kind(), Range: r.rangeText(), Words: wordsOf(r.domain), MayChange: r.mayChange, Doc: r.doc,
			})
		}
	}
	return keys
}

// wordsOf returns the words that a domain consists of, nil if it has other values.
func wordsOf(d domain) []string {
	switch d := d.(type) {
	case booleans:
		return []string{"true", "false"}
	case choices:
		return slices.Clone(d.words)
	case switches:
		return append([]string{"all", "none"}, switchNames(nil)...)
	}
	return nil
}

func (r row) rangeText() string {
	if r.values != "" {
		return r.values
	}
	return r.domain.want()
}

// rows are all keys in order.
var rows = func() []row {
	var all []row
	for _, g := range table {
		all = append(all, g.rows...)
	}
	return all
}()

// rowIndex holds each key's place in rows.
var rowIndex = func() map[string]int {
	index := make(map[string]int, len(rows))
	for i, r := range rows {
		index[r.name] = i
	}
	return index
}()

// rowNamed returns a key's row.
func rowNamed(name string) (row, bool) {
	i, ok := rowIndex[name]
	if !ok {
		return row{}, false
	}
	return rows[i], true
}

func keyNames() []string {
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.name
	}
	return names
}

// text returns the canonical text of a key's value.
func (c Config) text(key string) string {
	r, ok := rowNamed(key)
	if !ok {
		return ""
	}
	return r.domain.format(r.field(&c))
}

// set stores the canonical text of a value. The key and the text come from this package's tables.
func (c *Config) set(s setting) {
	if r, ok := rowNamed(s.key); ok {
		r.domain.parse(r.field(c), []string{s.text})
	}
}

// builtin reports whether a variant is one of ganlib's own.
func builtin(variant string) bool { return slices.Contains(variantNames, variant) }
