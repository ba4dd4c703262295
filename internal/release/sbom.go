package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The parts of CycloneDX 1.6 that say what is in a program (https://cyclonedx.org/docs/1.6/json/). It has no
// serial number and no time, so that the same program has the same bill.
type bill struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hash     `json:"hashes,omitempty"`
	URL        string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn,omitempty"`
}

// sbom returns the bill of materials of the programs for a platform.
func sbom(version string, t target, m *materials) []byte {
	self := component{Type: "application", Name: "ganlib", Version: version, URL: golang("ganlib", version)}
	self.Ref = self.URL
	self.Properties = []property{{"ganlib:platform", t.String()}}
	for _, s := range m.settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			self.Properties = append(self.Properties, property{"ganlib:" + s.Key, s.Value})
		}
	}
	std := component{Type: "library", Name: "std", Version: strings.TrimPrefix(m.goVersion, "go")}
	std.URL = golang("std", std.Version)
	std.Ref = std.URL
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{self}, Components: []component{std}}
	refs := map[string]string{}
	for _, mod := range m.modules {
		c := component{Type: "library", Name: mod.Path, Version: mod.Version, URL: golang(mod.Path, mod.Version)}
		c.Ref = c.URL
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(mod.Sum, "h1:")); err == nil && len(sum) > 0 {
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}} // of the module's file list, as go.sum has it
		}
		refs[mod.Path] = c.Ref
		b.Components = append(b.Components, c)
	}
	on := []string{std.Ref}
	for _, path := range slices.Sorted(maps.Keys(m.main.uses)) {
		on = append(on, refs[path])
	}
	for _, v := range m.vendored {
		c := component{Type: "library", Name: v.npm, Version: v.version, URL: "pkg:npm/" + v.npm + "@" + v.version}
		c.Ref = c.URL
		on = append(on, c.Ref)
		b.Components = append(b.Components, c)
	}
	b.Dependencies = append(b.Dependencies, dependency{self.Ref, on})
	for _, mod := range m.modules {
		d := dependency{Ref: refs[mod.Path], On: []string{std.Ref}}
		for _, path := range slices.Sorted(maps.Keys(mod.uses)) {
			d.On = append(d.On, refs[path])
		}
		b.Dependencies = append(b.Dependencies, d)
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		panic(err) // structs of strings
	}
	return append(text, '\n')
}

// golang is the package URL of a Go module (https://github.com/package-url/purl-spec).
func golang(path, version string) string {
	return "pkg:golang/" + strings.ReplaceAll(path, "~", "%7E") + "@" + strings.ReplaceAll(version, "+", "%2B")
}
