package ptxsim

import (
	"fmt"
	"regexp"
	"strings"
)

// Mutant is a module with one mistake in it, which a test of its kernel must notice.
type Mutant struct {
	Name   string // what is missing, "no bar.sync 0"
	Kernel string // in which entry
	Line   int    // of the module
	PTX    string
}

// mutable finds the statements that mutants leave out, with their guards.
var (
	mutable = regexp.MustCompile(`(?:@!?%[\w$]+\s+)?(?:bar\.sync|barrier(?:\.cta)?\.sync(?:\.aligned)?|bar\.warp\.sync|cp\.async\.wait_group|wgmma\.fence[.\w]*|wgmma\.wait_group[.\w]*|wgmma\.commit_group[.\w]*|cp\.async\.wait_all|membar\.\w+|fence[.\w]*)\b[^;{}]*;|@!?%[\w$]+\s+bra(?:\.uni)?\s[^;{}]*;`)
	entries = regexp.MustCompile(`\.entry\s+([\w$]+)`)
)

// Mutants returns the module once for every barrier, fence, wait for asynchronous copies or products, commit of
// products, and conditional branch in it, without that: a branch is then never taken, as if a check of bounds were missing or a
// loop ended after one turn. Blocks of a mutant may race with each other, so give it one host thread.
func Mutants(ptx string) []Mutant {
	var all []Mutant
	names := entries.FindAllStringSubmatchIndex(ptx, -1)
	kernel := ""
	for _, at := range mutable.FindAllStringIndex(ptx, -1) {
		from, to := at[0], at[1]
		for len(names) > 0 && names[0][0] < from {
			kernel = ptx[names[0][2]:names[0][3]]
			names = names[1:]
		}
		lineStart := strings.LastIndexByte(ptx[:from], '\n') + 1
		if strings.Contains(ptx[lineStart:from], "//") {
			continue
		}
		statement := strings.Join(strings.Fields(strings.TrimSuffix(ptx[from:to], ";")), " ")
		all = append(all, Mutant{
			Name:   "no " + statement,
			Kernel: kernel,
			Line:   1 + strings.Count(ptx[:from], "\n"),
			PTX:    ptx[:from] + strings.Repeat("\n", strings.Count(ptx[from:to], "\n")) + ";" + ptx[to:],
		})
	}
	return all
}

// String names the mutant.
func (m Mutant) String() string { return fmt.Sprintf("%s line %d: %s", m.Kernel, m.Line, m.Name) }
