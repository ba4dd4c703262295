package runner

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/device"
	"ganlib/manifest"
	"ganlib/runs"
	"ganlib/vfs"
)

// stretch says how the run is made from a step on.
func (r *Runner) stretch(from int64) manifest.Stretch {
	_, gpu := r.dev.(*device.CUDA)
	sum := sha256.Sum256(config.Marshal(r.config))
	samples := r.trainer.Data()
	return manifest.Stretch{
		From: from, Steps: r.options.Steps, Config: config.Map(r.config), ConfigSHA256: hex.EncodeToString(sum[:]),
		Data:    manifest.Data{Samples: samples.Len(), Fingerprint: samples.Fingerprint()},
		Program: manifest.OfProgram(gpu), Machine: manifest.OfMachine(r.dev),
	}
}

// newFiles are what a new run's folder begins with.
func (r *Runner) newFiles() (map[string][]byte, error) {
	var m manifest.Manifest
	m.Add(r.stretch(0))
	text, err := manifest.Encode(m)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		runs.ConfigFile:   config.Marshal(r.config),
		runs.ManifestFile: text,
		deviceFile:        []byte(r.dev.String() + "\n"),
	}
	if r.data.Set != nil {
		files[runs.ImageSumsFile] = ImageSums(r.data.Set)
	}
	return files, nil
}

// addStretch notes in the manifest how the run goes on. A manifest that cannot be used begins anew.
func (r *Runner) addStretch() error {
	m := new(manifest.Manifest)
	path := r.run.Join(runs.ManifestFile)
	text, err := vfs.ReadFile(r.options.fs, path)
	if err == nil {
		if m, err = manifest.Decode(text); err != nil {
			r.start = append(r.start, fmt.Sprintf("Warning: %s: %v; it begins anew at this step", runs.ManifestFile, err))
			m = new(manifest.Manifest)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("runner: %w", err)
	}
	s := r.stretch(r.trainer.Progress().GeneratorSteps)
	s.Restored = r.saved == 0
	m.Add(s)
	now, err := manifest.Encode(*m)
	if err != nil || string(now) == string(text) {
		return err
	}
	return r.write(path, now)
}

// ImageSums returns the content of [runs.ImageSumsFile]: of each image its CRC-32C, four bytes little-endian.
// A set's fingerprint says that something is not the same; these say which image.
func ImageSums(set *datasets.Set) []byte {
	sums := make([]byte, 0, 4*set.N)
	table := crc32.MakeTable(crc32.Castagnoli)
	for i := range set.N {
		sums = binary.LittleEndian.AppendUint32(sums, crc32.Checksum(set.Image(i), table))
	}
	return sums
}
