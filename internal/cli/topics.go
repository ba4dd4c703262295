package cli

import (
	"embed"
	"fmt"
	"strings"

	"ganlib/config"
)

// Each topic is a text file: its first line says what it is about, the rest after an empty line is what help
// prints. A line of {word} stands for a list that the program itself works with.
//
//go:embed topics/*.txt
var topicFiles embed.FS

// topicNames are the topics in the order in which a newcomer meets them.
var topicNames = []string{"configuration", "data", "devices", "runs", "resume", "compat", "formats", "environment", "exit-codes", "json"}

// topic is a text that help prints.
type topic struct{ name, short, body string }

// topics returns all topics, in order.
func topics() []topic {
	list := make([]topic, len(topicNames))
	for i, name := range topicNames {
		data, _ := topicFiles.ReadFile("topics/" + name + ".txt") // a test opens them all
		short, body, _ := strings.Cut(string(data), "\n\n")
		list[i] = topic{name, short, body}
	}
	return list
}

func topicNamed(name string) (topic, bool) {
	for _, t := range topics() {
		if t.name == name {
			return t, true
		}
	}
	return topic{}, false
}

// text returns the topic with its heading and its lists.
func (t topic) text() string { return t.short + "\n\n" + t.filled() }

// filled returns the topic's text with its lists.
func (t topic) filled() string {
	return strings.NewReplacer(
		"{keys}\n", keyList(), "{switches}\n", switchList(), "{environment}\n", environmentList(), "{sets}", setList(),
	).Replace(t.body)
}

// keyList describes the keys of a configuration, group by group.
func keyList() string {
	var b strings.Builder
	group := ""
	for _, key := range config.Keys() {
		if key.Group != group {
			if group != "" {
				b.WriteByte('\n')
			}
			group = key.Group
			fmt.Fprintf(&b, "%s\n", group)
		}
		name := key.Name
		if key.MayChange {
			name += " *"
		}
		fmt.Fprintf(&b, "  %s\n%s", name, wrapped(key.Doc, 6))
		if key.Name != "PRESET" { // their list is long, and a command of its own
			b.WriteString(wrapped(key.Type+": "+key.Range, 6))
		}
	}
	return b.String()
}

// switchList describes the switches of COMPAT.
func switchList() string {
	var b strings.Builder
	for _, s := range config.AllSwitches() {
		var presets []string
		for _, name := range config.Presets() {
			for _, of := range config.Switches(name) {
				if of == s {
					presets = append(presets, name)
				}
			}
		}
		fmt.Fprintf(&b, "  %s\n%s%s", s, wrapped(s.Doc(), 6), wrapped("presets: "+strings.Join(presets, ", "), 6))
	}
	return b.String()
}

// environmentList describes the variables.
func environmentList() string {
	var b strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&b, "  %s\n%s", v.name, wrapped(v.doc, 6))
	}
	return strings.TrimSuffix(b.String(), "\n") + "\n"
}

// wrapped breaks a text into lines of up to 80 columns that are indented.
func wrapped(text string, indent int) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		width := len([]rune(word))
		switch {
		case column == 0:
			b.WriteString(strings.Repeat(" ", indent))
			column = indent
		case column+1+width > 80:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String() + "\n"
}
