package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// materials are what programs are made of.
type materials struct {
	goVersion string
	goRoot    string
	modules   []*module // sorted by path
	main      *module
	vendored  []vendored
	settings  []debug.BuildSetting
}

// module is a Go module of which packages are in a program.
type module struct {
	Path    string
	Version string
	Sum     string // h1: and the hash that go.sum has
	Dir     string
	folders []string        // of the packages
	uses    map[string]bool // paths of other modules that its packages import
}

// vendored is software in the repository that is no Go module.
type vendored struct {
	name, npm string
	folder    string
	version   string
}

// atVersion finds the version in uPlot's first line.
var atVersion = regexp.MustCompile(`\(v(\d+\.\d+\.\d+)\)`)

// materialsOf takes the modules from the programs themselves, and where their sources are from go list.
func materialsOf(ctx context.Context, t target, folder string) (*materials, error) {
	m := &materials{}
	in, err := m.read(folder)
	if err != nil {
		return nil, err
	}
	listed, err := listModules(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(in)) {
		l := listed[path]
		if l == nil || l.Version != in[path].Version || l.Dir == "" {
			return nil, fmt.Errorf("%s %s is in the programs, but go list does not know it", path, in[path].Version)
		}
		l.Sum = in[path].Sum
		m.modules = append(m.modules, l)
	}
	m.main = listed["ganlib"]
	out, err := t.command(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	m.goRoot = strings.TrimSpace(string(out))
	return m, m.findVendored()
}

// read returns the modules that the programs of a folder say they have.
func (m *materials) read(folder string) (map[string]*debug.Module, error) {
	programs, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	in := map[string]*debug.Module{}
	for _, p := range programs {
		info, err := buildinfo.ReadFile(filepath.Join(folder, p.Name()))
		if err != nil {
			return nil, err
		}
		m.goVersion, m.settings = info.GoVersion, info.Settings
		for _, d := range info.Deps {
			if d.Replace != nil {
				return nil, fmt.Errorf("%s is replaced by %s: a release takes modules as they were published", d.Path, d.Replace.Path)
			}
			in[d.Path] = d
		}
	}
	return in, nil
}

// listModules returns the modules of the packages that the programs import, by path.
func listModules(ctx context.Context, t target) (map[string]*module, error) {
	out, err := t.command(ctx, "list", "-deps", "-json=ImportPath,Dir,Imports,Module", "./cmd/...")
	if err != nil {
		return nil, err
	}
	modules, owner := map[string]*module{}, map[string]*module{}
	imports := map[*module][]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir string
			Imports         []string
			Module          *module // nil: the standard library
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		if p.Module == nil {
			continue
		}
		m := modules[p.Module.Path]
		if m == nil {
			m = p.Module
			m.uses = map[string]bool{}
			modules[m.Path] = m
		}
		m.folders = append(m.folders, p.Dir)
		owner[p.ImportPath] = m
		imports[m] = append(imports[m], p.Imports...)
	}
	for m, paths := range imports {
		for _, path := range paths {
			if o := owner[path]; o != nil && o != m {
				m.uses[o.Path] = true
			}
		}
	}
	return modules, nil
}

// findVendored looks for what lies in page/static/vendor.
func (m *materials) findVendored() error {
	m.vendored = []vendored{{name: "uPlot", npm: "uplot", folder: "page/static/vendor/uplot"}}
	folders, err := os.ReadDir("page/static/vendor")
	if err != nil {
		return err
	}
	if len(folders) != len(m.vendored) {
		return fmt.Errorf("page/static/vendor has %d folders, and %d are known: name the others in internal/release", len(folders), len(m.vendored))
	}
	for i, v := range m.vendored {
		text, err := os.ReadFile(filepath.Join(v.folder, "uPlot.iife.min.js"))
		if err != nil {
			return err
		}
		match := atVersion.FindSubmatch(text)
		if match == nil {
			return fmt.Errorf("%s: no version", v.folder)
		}
		m.vendored[i].version = string(match[1])
	}
	return nil
}
