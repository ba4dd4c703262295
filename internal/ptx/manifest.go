package ptx

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// ManifestName is the manifest's file name.
const ManifestName = "ptx.json"

// Manifest says what the PTX of a folder was made from, and how.
type Manifest struct {
	Compiler string            // the first line of its --version
	Flags    []string          // but for the target's
	Headers  map[string]string // SHA-256 by file name
	Sources  map[string]string
	Outputs  map[string]string // of the text, not as it is compressed
}

// ReadManifest reads a folder's manifest.
func ReadManifest(folder fs.FS) (Manifest, error) {
	var m Manifest
	data, err := fs.ReadFile(folder, ManifestName)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("ptx: manifest: %w", err)
	}
	return m, nil
}

// Check reports every source, header or output of a folder that is not the manifest's: PTX that is stale,
// edited, missing or superfluous.
func Check(folder fs.FS) error {
	m, err := ReadManifest(folder)
	if err != nil {
		return err
	}
	found, err := hashes(folder)
	if err != nil {
		return err
	}
	var problems []error
	compare := func(want, have map[string]string, what string) {
		for _, name := range slices.Sorted(maps.Keys(want)) {
			switch {
			case have[name] == "":
				problems = append(problems, fmt.Errorf("%s is missing", name))
			case have[name] != want[name]:
				problems = append(problems, fmt.Errorf("%s is not the one that %s", name, what))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(have)) {
			if want[name] == "" {
				problems = append(problems, fmt.Errorf("%s is not in the manifest", name))
			}
		}
	}
	compare(m.Headers, found.Headers, "the PTX was made from")
	compare(m.Sources, found.Sources, "its PTX was made from")
	compare(m.Outputs, found.Outputs, "the compiler wrote")
	if len(problems) > 0 {
		return fmt.Errorf("ptx: run go generate in the folder: %w", errors.Join(problems...))
	}
	return nil
}

// hashes returns a manifest of a folder as it is, without compiler and flags.
func hashes(folder fs.FS) (Manifest, error) {
	m := Manifest{Headers: map[string]string{}, Sources: map[string]string{}, Outputs: map[string]string{}}
	files, err := fs.ReadDir(folder, ".")
	if err != nil {
		return m, fmt.Errorf("ptx: %w", err)
	}
	for _, f := range files {
		list := map[string]map[string]string{".cuh": m.Headers, ".cu": m.Sources}[path.Ext(f.Name())]
		packed := strings.HasSuffix(f.Name(), extension)
		if packed {
			list = m.Outputs
		}
		if list == nil || f.IsDir() {
			continue
		}
		data, err := fs.ReadFile(folder, f.Name())
		if err != nil {
			return m, fmt.Errorf("ptx: %w", err)
		}
		if packed {
			if data, err = unpack(data); err != nil {
				return m, fmt.Errorf("ptx: %s: %w", f.Name(), err)
			}
		}
		sum := sha256.Sum256(data)
		list[f.Name()] = hex.EncodeToString(sum[:])
	}
	return m, nil
}

// Targets returns the architectures that a source is translated for.
func Targets(source []byte) []string {
	first, _, _ := strings.Cut(string(source), "\n")
	switch {
	case strings.Contains(first, "sm_90a only"):
		return []string{"sm_90a"}
	case strings.Contains(first, "sm_80 only"):
		return []string{"sm_80"}
	case strings.Contains(first, "sm_80"):
		return []string{"sm_75", "sm_80"}
	}
	return []string{"sm_75"}
}
