package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fault is why a text is no value of a domain.
type fault struct {
	detail  string
	nearest string
	item    int // which text of a list
}

// domain is a set of values with their notation. In each method at points to the field of a Config
// that holds the value; its type belongs to the domain.
type domain interface {
	// kind is the type's short name: int, float, bool, choice, text, list, interval.
	kind() string
	// want describes the values: "an integer from 1 to 65536".
	want() string
	// parse stores the value that texts denote: the items of a list, or a single text.
	parse(at any, texts []string) *fault
	// format returns the value's canonical text, which parse reads back exactly.
	format(at any) string
	// valid reports whether the value belongs to the domain.
	valid(at any) bool
}

// wrong is the fault of a text that is no value of d.
func wrong(d domain, text string) *fault {
	return &fault{detail: fmt.Sprintf("got %s, want %s", quote(text), d.want())}
}

// integers is the domain of decimal integers from lo to hi, in an int.
type integers struct{ lo, hi int }

func (d integers) kind() string { return "int" }

func (d integers) want() string { return fmt.Sprintf("an integer from %d to %d", d.lo, d.hi) }

func (d integers) parse(at any, texts []string) *fault {
	n, err := strconv.ParseInt(texts[0], 10, strconv.IntSize)
	if err != nil || int(n) < d.lo || int(n) > d.hi {
		return wrong(d, texts[0])
	}
	*at.(*int) = int(n)
	return nil
}

func (d integers) format(at any) string { return strconv.Itoa(*at.(*int)) }

func (d integers) valid(at any) bool { return *at.(*int) >= d.lo && *at.(*int) <= d.hi }

// seeds is the domain of random seeds: integers from 0 to 2^63-1, in a uint64.
type seeds struct{}

func (d seeds) kind() string { return "int" }

func (d seeds) want() string { return fmt.Sprintf("an integer from 0 to %d", int64(math.MaxInt64)) }

func (d seeds) parse(at any, texts []string) *fault {
	n, err := strconv.ParseInt(texts[0], 10, 64)
	if err != nil || n < 0 {
		return wrong(d, texts[0])
	}
	*at.(*uint64) = uint64(n)
	return nil
}

func (d seeds) format(at any) string { return strconv.FormatUint(*at.(*uint64), 10) }

func (d seeds) valid(at any) bool { return *at.(*uint64) <= math.MaxInt64 }

// floats is the domain of finite numbers from lo to hi, without the ends that are open.
type floats struct {
	lo, hi         float64
	loOpen, hiOpen bool
}

func (d floats) kind() string { return "float" }

func (d floats) want() string {
	low, high := "from "+formatFloat(d.lo), " to "+formatFloat(d.hi)
	if d.loOpen {
		low, high = "above "+formatFloat(d.lo), ", at most "+formatFloat(d.hi)
	}
	if d.hiOpen {
		high = " to below " + formatFloat(d.hi)
	}
	return "a number " + low + high
}

func (d floats) parse(at any, texts []string) *fault {
	// ParseFloat also reads hexadecimal, underscores, inf and nan, none of which YAML writes so.
	for _, r := range texts[0] {
		if !strings.ContainsRune("0123456789+-.eE", r) {
			return wrong(d, texts[0])
		}
	}
	x, err := strconv.ParseFloat(texts[0], 64)
	if err != nil || !d.valid(&x) {
		return wrong(d, texts[0])
	}
	if x == 0 {
		x = 0 // without the sign of -0, so that equal configurations have equal text
	}
	*at.(*float64) = x
	return nil
}

func (d floats) format(at any) string { return formatFloat(*at.(*float64)) }

func (d floats) valid(at any) bool {
	x := *at.(*float64)
	return x >= d.lo && x <= d.hi && !(d.loOpen && x == d.lo) && !(d.hiOpen && x == d.hi)
}

// formatFloat writes x as short as it reads back exactly, and so that a YAML 1.1 reader, which wants
// a point before an exponent, also takes it for a number: 0.0001, 5.0e-5.
func formatFloat(x float64) string {
	if size := math.Abs(x); size == 0 || size >= 1e-4 && size < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	text := strconv.FormatFloat(x, 'e', -1, 64)
	mantissa, exponent, found := strings.Cut(text, "e")
	if !found {
		return text
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	return mantissa + "e" + exponent[:1] + strings.TrimPrefix(exponent[1:], "0")
}

// booleans is the domain of true and false.
type booleans struct{}

func (d booleans) kind() string { return "bool" }

func (d booleans) want() string { return "true or false" }

func (d booleans) parse(at any, texts []string) *fault {
	switch texts[0] {
	case "true", "True", "TRUE":
		*at.(*bool) = true
	case "false", "False", "FALSE":
		*at.(*bool) = false
	default:
		return wrong(d, texts[0])
	}
	return nil
}

func (d booleans) format(at any) string { return strconv.FormatBool(*at.(*bool)) }

func (d booleans) valid(any) bool { return true }

// choices is the domain of a few words. Aliases are other spellings of a word, or words that stand
// for one that is not known yet. With further, a valid word need not be among them.
type choices struct {
	words   []string
	aliases map[string]string
	further bool
}

func (d choices) kind() string { return "choice" }

func (d choices) want() string { return list(d.words) }

func (d choices) parse(at any, texts []string) *fault {
	word := texts[0]
	if canonical, ok := d.aliases[word]; ok {
		word = canonical
	} else if !slices.Contains(d.words, word) {
		f := wrong(d, word)
		f.nearest = near(word, d.words)
		return f
	}
	*at.(*string) = word
	return nil
}

func (d choices) format(at any) string { return *at.(*string) }

func (d choices) valid(at any) bool {
	word := *at.(*string)
	return slices.Contains(d.words, word) || d.further && isName(word)
}

// isName reports whether a word can name a variant: lower-case letters, digits and hyphens.
func isName(word string) bool {
	return word != "" && len(word) <= 64 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && word[0] != '-'
}

// textual is the domain of texts that pass a check.
type textual struct {
	wanted string
	check  func(string) bool
}

func (d textual) kind() string { return "text" }

func (d textual) want() string { return d.wanted }

func (d textual) parse(at any, texts []string) *fault {
	if !d.check(texts[0]) {
		return wrong(d, texts[0])
	}
	*at.(*string) = texts[0]
	return nil
}

func (d textual) format(at any) string { return *at.(*string) }

func (d textual) valid(at any) bool { return d.check(*at.(*string)) }

// isFolderName reports whether a text is the name of one folder, on any system.
func isFolderName(text string) bool {
	return isPath(text) && len(text) <= 255 && !strings.ContainsAny(text, `/\:`) && text != "." && text != ".."
}

// isPath reports whether a text is printable, not empty, and neither begins nor ends with a space.
func isPath(text string) bool {
	for _, r := range text {
		if !unicode.IsGraphic(r) {
			return false
		}
	}
	return text != "" && len(text) <= 4096 && utf8.ValidString(text) && strings.TrimSpace(text) == text
}

// isDevice reports whether a text names a device: auto, cpu, cuda, cuda:N or ptxsim.
func isDevice(text string) bool {
	number, numbered := strings.CutPrefix(text, "cuda:")
	if numbered {
		n, err := strconv.ParseUint(number, 10, 8)
		return err == nil && strconv.FormatUint(n, 10) == number
	}
	return text == "auto" || text == "cpu" || text == "cuda" || text == "ptxsim"
}

// intervals is the domain of [Every].
type intervals struct{}

func (d intervals) kind() string { return "interval" }

func (d intervals) want() string { return everyWant }

func (d intervals) parse(at any, texts []string) *fault {
	e, err := ParseEvery(texts[0])
	if err != nil {
		return wrong(d, texts[0])
	}
	*at.(*Every) = e
	return nil
}

func (d intervals) format(at any) string { return at.(*Every).String() }

func (d intervals) valid(at any) bool { return at.(*Every).valid() }
