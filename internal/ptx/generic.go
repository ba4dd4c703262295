package ptx

import (
	"fmt"
	"regexp"
)

var generic = regexp.MustCompile(`(?m)^\s*(?:@!?%\w+ )?((?:ld|st)(?:\.v[24])?\.[bfsu](?:8|16|32|64)) .*$`)

// checkSpaces refuses loads and stores that do not say which memory they mean: hardware finds it out for each, and the
// compiler has lost sight of an address that it would otherwise know.
func checkSpaces(source, text string) error {
	if m := generic.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("ptx: %s: %s does not say which memory it means: make the address one of in_global (cuda.cuh)", source, m[1])
	}
	return nil
}
