package ptxsim

import (
	"crypto/sha256"
	"slices"
	"sync"
)

// keptSources is how many modules are kept as they were parsed: a program opens the same few on device after device.
const keptSources = 8

// sources are those parsed last, the latest one first. Nothing writes them once they are parsed. sound has the hashes of
// all modules so far of which every kernel could be decoded, which need not be tried again.
var sources = struct {
	sync.Mutex
	list  []parsed
	sound map[[sha256.Size]byte]bool
}{sound: map[[sha256.Size]byte]bool{}}

type parsed struct {
	text   string
	source *source
}

// sourceOf is parse, for a text that may have been parsed before.
func sourceOf(text string) (*source, error) {
	sources.Lock()
	defer sources.Unlock()
	for i, p := range sources.list {
		if p.text == text {
			sources.list = slices.Insert(slices.Delete(sources.list, i, i+1), 0, p)
			return p.source, nil
		}
	}
	src, err := parse(text)
	if err != nil {
		return nil, err
	}
	src.hash = sha256.Sum256([]byte(text))
	if len(sources.list) == keptSources {
		sources.list = slices.Delete(sources.list, keptSources-1, keptSources)
	}
	sources.list = slices.Insert(sources.list, 0, parsed{text, src})
	return src, nil
}

// isSound reports whether every kernel is known to decode.
func (s *source) isSound() bool {
	sources.Lock()
	defer sources.Unlock()
	return sources.sound[s.hash]
}

// setSound notes that every kernel decodes.
func (s *source) setSound() {
	sources.Lock()
	defer sources.Unlock()
	sources.sound[s.hash] = true
}
