package fetch

// UseFiles makes content, by file name, the published files of a set, until restore is called. Examples
// need it, which see only what is exported; tests have run.
func UseFiles(set string, content map[string][]byte) (restore func()) {
	for i := range specs {
		if specs[i].Name != set {
			continue
		}
		before := specs[i].files
		files := make([]remote, len(before))
		for j, f := range before {
			files[j] = published(f.name, content[f.name])
		}
		specs[i].files = files
		return func() { specs[i].files = before }
	}
	panic("no set " + set)
}
