package replay

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/internal/words"
	"ganlib/manifest"
	"ganlib/report"
	"ganlib/runner"
	"ganlib/runs"
)

// The tables of a run.
const (
	csvFile   = runs.LogFolder + "/scalars.csv"
	jsonlFile = runs.LogFolder + "/scalars.jsonl"
)

// readManifest returns the manifest of a run, nil if it has none.
func readManifest(run *runs.Run) (*manifest.Manifest, error) {
	f, err := os.Open(run.Join(runs.ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, manifest.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return manifest.Decode(text)
}

func (v *verifier) checkManifest() {
	m, err := readManifest(v.run)
	switch {
	case err != nil:
		v.report.differs("manifest", runs.ManifestFile, "%v", err)
	case m == nil:
		v.report.unchecked("manifest", runs.ManifestFile, "there is none: the run is from before there were any")
	default:
		v.manifest = m
		v.report.same("manifest", runs.ManifestFile, "%s", words.Counted(len(m.Stretches), "stretch"))
	}
}

// checkConfig compares the file with the manifest.
func (v *verifier) checkConfig() {
	c, err := runner.ConfigOf(v.run)
	if err == nil {
		v.config = &c
	}
	var last *manifest.Stretch
	if v.manifest != nil {
		last = v.manifest.At(1 << 62)
	}
	switch {
	case err != nil:
		v.report.differs("configuration", runs.ConfigFile, "%v", err)
	case last == nil:
		v.report.unchecked("configuration", runs.ConfigFile, "no manifest says what it was; checkpoints do, below")
	default:
		keys := differentKeys(last.Config, config.Map(c))
		text, err := os.ReadFile(v.run.Join(runs.ConfigFile))
		sum := sha256.Sum256(text)
		switch {
		case len(keys) > 0:
			v.report.differs("configuration", runs.ConfigFile, "not what the run was made with: %s", strings.Join(keys, "; "))
		case err != nil:
			v.report.differs("configuration", runs.ConfigFile, "%v", err)
		case hex.EncodeToString(sum[:]) != last.ConfigSHA256:
			v.report.differs("configuration", runs.ConfigFile, "the same keys and values, but not the same bytes: SHA-256 %x, was %s", sum, last.ConfigSHA256)
		default:
			v.report.same("configuration", runs.ConfigFile, "SHA-256 %s", last.ConfigSHA256)
		}
	}
}

// differentKeys says which keys differ between what was and what is.
func differentKeys(was, is map[string]string) (list []string) {
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if was[key] != is[key] {
			list = append(list, fmt.Sprintf("%s: was %q, is %q", key, was[key], is[key]))
		}
	}
	return list
}

func (v *verifier) checkCheckpoints(ctx context.Context) error {
	for _, c := range v.saved {
		if err := ctx.Err(); err != nil {
			return err
		}
		v.checkCheckpoint(c)
	}
	if len(v.saved) == 0 {
		v.report.unchecked("checkpoint", runs.ModelFolder, "there is none yet")
	}
	return nil
}

func (v *verifier) checkCheckpoint(c runs.Checkpoint) {
	name := v.file(c.Path)
	state, err := checkpoint.Open(c.Path)
	if err == nil {
		defer state.Close()
		err = state.Verify()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return // a training has removed it meanwhile
	}
	if err != nil { // whose beginning names the file, as the finding does
		v.report.differs("checkpoint", name, "%s", strings.TrimPrefix(err.Error(), fmt.Sprintf("checkpoint: %s: ", c.Path)))
		return
	}
	if keys := v.configBefore(c.Step, state); len(keys) > 0 {
		v.report.differs("checkpoint", name, "its configuration is not the run's: %s", strings.Join(keys, "; "))
		return
	}
	if got := state.Progress().GeneratorSteps; got != c.Step {
		v.report.differs("checkpoint", name, "it is that of step %d", got)
		return
	}
	v.sound = append(v.sound, c)
	if meta := state.Metadata(); meta["format_version"] == "1" {
		v.report.unchecked("checkpoint", name, "it is from before checkpoints had checksums")
		return
	}
	v.report.same("checkpoint", name, "every tensor has its checksum")
}

// configBefore compares a checkpoint's configuration with what the steps before it were made with.
func (v *verifier) configBefore(step int64, state *checkpoint.Checkpoint) []string {
	var was map[string]string
	switch {
	case v.manifest != nil && v.manifest.At(max(step-1, 0)) != nil:
		was = maps.Clone(v.manifest.At(max(step-1, 0)).Config)
	case v.config != nil:
		was = config.Map(*v.config)
		for _, key := range config.Keys() {
			if key.MayChange {
				delete(was, key.Name)
			}
		}
	default:
		return nil
	}
	is := state.Config()
	maps.DeleteFunc(is, func(key, _ string) bool { _, known := was[key]; return !known })
	delete(was, "DATA_ROOT") // not in checkpoints
	delete(is, "DATA_ROOT")
	return differentKeys(was, is)
}

func (v *verifier) checkTables(context.Context) error {
	csv, err := os.Open(v.run.Join(csvFile))
	if err != nil {
		v.report.differs("tables", csvFile, "%v", err)
		return nil
	}
	defer csv.Close()
	jsonl, err := os.Open(v.run.Join(jsonlFile))
	if err != nil {
		v.report.differs("tables", jsonlFile, "%v", err)
		return nil
	}
	defer jsonl.Close()
	rows, err := report.CheckScalars(csv, jsonl, v.newest())
	if err != nil {
		v.report.differs("tables", "", "%v", err)
		return nil
	}
	v.report.same("tables", "", "%s and %s have the same %s", csvFile, jsonlFile, words.Counted(rows, "row"))
	return nil
}

// checkPictures decodes the pictures: a PNG file has checksums.
func (v *verifier) checkPictures(ctx context.Context) error {
	n, bad := 0, 0
	for _, folder := range []string{runs.FixedGridFolder, runs.GridFolder, runs.SingleFolder} {
		entries, err := os.ReadDir(v.run.Join(folder))
		if err != nil {
			v.report.differs("pictures", folder, "%v", err)
			continue
		}
		for _, e := range entries {
			if path.Ext(e.Name()) != ".png" {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			n++
			if err := decodePNG(v.run.Join(folder, e.Name())); err != nil {
				bad++
				v.report.differs("pictures", path.Join(folder, e.Name()), "%v", err)
			}
		}
	}
	if bad == 0 {
		v.report.same("pictures", "", "%s with the checksums of PNG files", words.Counted(n, "picture"))
	}
	return nil
}

func decodePNG(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if _, err = png.Decode(r); err != nil {
		return err
	}
	if _, err := r.ReadByte(); err != io.EOF {
		return errors.New("png: there is something after its end")
	}
	return nil
}

// equalFile compares a file with what it should be.
func equalFile(name string, want []byte) (bool, error) {
	text, err := os.ReadFile(name)
	return bytes.Equal(text, want), err
}
