package snippets_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"ganlib/device/driver/snippets"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers are a GPU's outputs by snippet.
type answers struct {
	Card    string
	Version int // of CUDA
	Outputs map[string][]uint32
}

// TestAnswers holds what is wanted of the snippets, and so the emulator, against what GPUs have answered:
// each file of testdata is one card's, written by TestGPU.
func TestAnswers(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			f, err := os.Open(name)
			require.NoError(t, err)
			defer f.Close()
			z, err := gzip.NewReader(f)
			require.NoError(t, err)
			var a answers
			require.NoError(t, json.NewDecoder(z).Decode(&a))
			answered := 0
			for _, s := range snippets.All() {
				if got, ok := a.Outputs[s.Name]; ok {
					answered++
					assert.NoError(t, s.Check(got))
				}
			}
			t.Logf("%s, CUDA %d.%d: %d of %d snippets", a.Card, a.Version/1000, a.Version%1000/10, answered, len(snippets.All()))
			assert.Equal(t, len(a.Outputs), answered, "answers to snippets that are no more: run TestGPU on such a card again")
		})
	}
}
