package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile is a name of files with terms, licenceFolder of folders with nothing else.
var (
	licenceFile   = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents)([-._]|$)`)
	licenceFolder = regexp.MustCompile(`(?i)^(licen[cs]es|third_party_licen[cs]es)$`)
)

// thirdParty returns the text with the licences of everything that is not ganlib's own. Software without one is
// an error.
func thirdParty(version string, t target, m *materials) ([]byte, error) {
	var list, texts bytes.Buffer
	fmt.Fprintf(&list, "The programs of ganlib %s for %s contain software of others, under the terms below:\n\n", version, t)
	add := func(name, root string, folders []string) error {
		files, err := licences(root, folders)
		if err != nil {
			return fmt.Errorf("licence of %s: %w", name, err)
		}
		fmt.Fprintf(&list, "  %s\n", name)
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				return err
			}
			line := strings.Repeat("=", 80)
			fmt.Fprintf(&texts, "\n%s\n%s: %s\n%s\n\n%s\n", line, name, filepath.ToSlash(file), line,
				bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
		}
		return nil
	}
	if err := add("Go and its standard library, "+m.goVersion, m.goRoot, nil); err != nil {
		return nil, err
	}
	for _, mod := range m.modules {
		if err := add(mod.Path+" "+mod.Version, mod.Dir, mod.folders); err != nil {
			return nil, err
		}
	}
	for _, v := range m.vendored {
		if err := add(v.name+" "+v.version, v.folder, nil); err != nil {
			return nil, err
		}
	}
	return append(list.Bytes(), texts.Bytes()...), nil
}

// licences returns the files with terms in a folder, in its folders of licences, and on the way to the packages
// in use, relative to it and sorted.
func licences(root string, packages []string) ([]string, error) {
	places := map[string]bool{".": true}
	for _, p := range packages {
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return nil, err
		}
		for ; rel != "."; rel = filepath.Dir(rel) {
			places[rel] = true
		}
	}
	var files []string
	for place := range places {
		entries, err := os.ReadDir(filepath.Join(root, place))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			path := filepath.Join(place, e.Name())
			switch {
			case e.Type().IsRegular() && licenceFile.MatchString(e.Name()) && filepath.Ext(path) != ".go":
				files = append(files, path)
			case e.IsDir() && licenceFolder.MatchString(e.Name()):
				within, err := os.ReadDir(filepath.Join(root, path))
				if err != nil {
					return nil, err
				}
				for _, w := range within {
					if w.Type().IsRegular() {
						files = append(files, filepath.Join(path, w.Name()))
					}
				}
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("none in %s", root)
	}
	slices.Sort(files)
	return files, nil
}
