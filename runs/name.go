package runs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is the longest name in bytes; file systems allow 255 for name and number together.
const maxName = 200

// CheckName reports whether name can begin a run's folder name: 1 to 200 bytes of UTF-8, not "." or
// "..", without slashes, backslashes and control characters.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("runs: name is empty: want at least one character")
	case len(name) > maxName:
		return fmt.Errorf("runs: name of %d bytes: want at most %d", len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("runs: name %q: want UTF-8", name)
	case name == "." || name == "..":
		return fmt.Errorf("runs: name %q: want a name, not a place", name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("runs: name %q: want no slash and no backslash; the folder of runs is given apart", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("runs: name %q: want no control characters", name)
	}
	return nil
}

// NextID returns the id of the next run called name, given the names of the folders beside it: 1 +
// the largest number that follows name to the end of a folder's name, or 0 if there is none. Numbers
// of more than 18 digits do not count.
func NextID(name string, folders []string) int64 {
	next := int64(0)
	for _, folder := range folders {
		digits, ok := strings.CutPrefix(folder, name)
		if !ok || len(digits) > 18 || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		if id, err := strconv.ParseInt(digits, 10, 64); err == nil {
			next = max(next, id+1)
		}
	}
	return next
}
