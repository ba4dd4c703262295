// Package lint finds the mistakes in a configuration that the papers and the tutorials' own errors teach:
// settings that are allowed, and train a network that cannot learn, or something else than was meant.
//
//	for _, f := range lint.Check(c, lint.Facts{Images: set.N}) {
//		fmt.Println(f)
//	}
//
// A finding has a stable name, the keys that take part with their values, the reason, what to write instead,
// and where that is from. Errors are those that leave nothing to learn: a run does not begin with one unless
// it is told to. Warnings cost quality, or show something else than people believe to see. What a switch of
// COMPAT or FORCE asks for by name is a warning in any case: somebody means it.
//
// Rules are data: [Rules] lists them, and one is a declaration in rules_method.go, rules_data.go or
// rules_output.go. Read lint.go first.
package lint
