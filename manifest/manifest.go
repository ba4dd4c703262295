package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Version is what is in a manifest; a reader refuses a later one.
const Version = 1

// MaxBytes is more than any manifest has.
const MaxBytes = 16 << 20

// ErrDamaged is wrapped by the error for a manifest that is not what was written.
var ErrDamaged = errors.New("the manifest is damaged")

// Manifest is what a run was made of. Stretches begin at rising steps, and each goes on to the next.
type Manifest struct {
	Version   int       `json:"version"`
	Stretches []Stretch `json:"stretches"`
}

// Stretch is a number of steps that were made the same way.
type Stretch struct {
	From         int64             `json:"from"`               // generator steps done when it began
	Restored     bool              `json:"restored,omitempty"` // it began with a checkpoint of step 0, such as an import makes, not with fresh networks
	Steps        int64             `json:"steps,omitempty"`    // a limit of generator steps in all, beside NUM_EPOCHS; 0: none
	Config       map[string]string `json:"config"`             // by key
	ConfigSHA256 string            `json:"config_sha256"`      // of the configuration's file, in hexadecimal
	Data         Data              `json:"data"`
	Program      Program           `json:"program"`
	Machine      Machine           `json:"machine"`
}

// Data are the samples that were trained on.
type Data struct {
	Samples     int    `json:"samples"`
	Fingerprint string `json:"fingerprint"` // SHA-256 of all samples as they were decoded, see package datasets
}

// Add notes that from here on the run is made as s says. What an earlier stretch would have done from there on
// was in vain. A stretch like the one before it needs no record of its own.
func (m *Manifest) Add(s Stretch) {
	m.Version = Version
	for n := len(m.Stretches); n > 0 && m.Stretches[n-1].From >= s.From; n-- {
		m.Stretches = m.Stretches[:n-1]
	}
	if n := len(m.Stretches); n > 0 {
		before := m.Stretches[n-1]
		if before.From = s.From; reflect.DeepEqual(before, s) {
			return
		}
	}
	m.Stretches = append(m.Stretches, s)
}

// At returns the stretch that the step after step generator steps belongs to, nil if there is none.
func (m *Manifest) At(step int64) *Stretch {
	var found *Stretch
	for i := range m.Stretches {
		if m.Stretches[i].From <= step {
			found = &m.Stretches[i]
		}
	}
	return found
}

// file is the form of a manifest.
type file struct {
	Manifest
	SHA256 string `json:"sha256"` // of the file with "" in this place
}

// Encode returns the file of a manifest.
func Encode(m Manifest) ([]byte, error) {
	f := file{Manifest: m}
	text, err := encode(f)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	f.SHA256 = hex.EncodeToString(sum[:])
	return encode(f)
}

func encode(f file) ([]byte, error) {
	text, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return append(text, '\n'), nil
}

// Decode reads the file of a manifest. One of which a byte was changed is [ErrDamaged].
func Decode(text []byte) (*Manifest, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("manifest: %w: %d bytes: want at most %d", ErrDamaged, len(text), MaxBytes)
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("manifest: %w: %w", ErrDamaged, err)
	}
	if f.Version > Version {
		return nil, fmt.Errorf("manifest: version %d: want at most %d", f.Version, Version)
	}
	again, err := Encode(f.Manifest)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, text) {
		return nil, fmt.Errorf("manifest: %w: it does not have its checksum", ErrDamaged)
	}
	return &f.Manifest, nil
}
