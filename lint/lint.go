package lint

import (
	"encoding"
	"fmt"
	"slices"
	"strings"

	"ganlib/config"
	"ganlib/variants"
)

// Severity is how bad a finding is.
type Severity int

const (
	Warning Severity = iota // training works, and not as well as it could, or shows something else
	Error                   // training cannot work
)

var (
	_ encoding.TextMarshaler   = Severity(0)
	_ encoding.TextUnmarshaler = new(Severity)
)

// String returns the severity's name.
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It reads what MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Warning, Error} {
		if string(text) == known.String() {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("lint: severity %q: want %v or %v", text, Warning, Error)
}

// Facts are what is known beside the configuration. The zero value is valid.
type Facts struct {
	Images   int               // in the data set; 0: not known
	Networks variants.Networks // that are trained in place of the preset's; their values are not looked at
}

// Setting is a key with its value.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Finding is a mistake in a configuration.
type Finding struct {
	Rule     string    `json:"rule"`
	Severity Severity  `json:"severity"`
	Settings []Setting `json:"settings"`           // that take part
	Reason   string    `json:"reason"`             // why it is one
	Instead  string    `json:"instead"`            // what to write
	Source   string    `json:"source"`             // paper and section, or tutorial
	AskedBy  string    `json:"asked_by,omitempty"` // the setting that names it: COMPAT reuse-batch
}

// String returns the finding in one line.
func (f Finding) String() string {
	var settings []string
	for _, s := range f.Settings {
		settings = append(settings, s.Key+" "+s.Value)
	}
	text := fmt.Sprintf("%v: %s (%s): %s. Instead: %s", f.Severity, f.Rule, strings.Join(settings, ", "), f.Reason, f.Instead)
	if f.AskedBy != "" {
		text += ". " + f.AskedBy + " asks for it"
	}
	return text
}

// Check returns what is wrong with a configuration, errors first. The configuration may be one that
// [config.Config.Validate] refuses: what no rule explains is an error of the name [NotValid].
func Check(c config.Config, f Facts) []Finding {
	s := newSubject(c, f)
	var found []Finding
	explained := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		made, by := r.check(s)
		if !made {
			continue
		}
		f := Finding{Rule: r.Name, Severity: r.Severity, Reason: r.Reason, Instead: r.Instead, Source: r.Source, AskedBy: by}
		if by != "" {
			f.Severity = Warning
		}
		if r.instead != nil {
			f.Instead = r.instead(s)
		}
		for _, key := range r.Keys {
			f.Settings = append(f.Settings, Setting{key, s.texts[key]})
			explained[key] = explained[key] || f.Severity == Error
		}
		found = append(found, f)
	}
	for _, p := range s.problems {
		if !explained[p.Key] {
			found = append(found, Finding{Rule: NotValid, Severity: Error, Settings: []Setting{{p.Key, s.texts[p.Key]}}, Reason: p.Detail, Instead: "a value that the key takes, with the others as they are", Source: "docs/configuration.md"})
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return found
}

// NotValid is the rule of a configuration that cannot be trained at all.
const NotValid = "not-valid"

// Errors returns the findings that are errors.
func Errors(all []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return f.Severity != Error })
}
