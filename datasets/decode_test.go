package datasets

import (
	"encoding/json"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pillowCase is an image and what Pillow makes of it; testdata/pillow.py writes them.
type pillowCase struct {
	Input string `json:"input"`
	Size  int    `json:"size"`
	RGB   string `json:"rgb"`
	Grey  string `json:"grey"`
}

func pillowCases(t *testing.T) []pillowCase {
	data, err := os.ReadFile("testdata/cases.json")
	require.NoError(t, err)
	var file struct{ Cases []pillowCase }
	require.NoError(t, json.Unmarshal(data, &file))
	require.NotEmpty(t, file.Cases)
	return file.Cases
}

// expected reads an image that Pillow wrote, as packed bytes.
func expected(t *testing.T, name string, channels int) []byte {
	f, err := os.Open(filepath.Join("testdata/expected", name))
	require.NoError(t, err)
	defer f.Close()
	m, err := png.Decode(f)
	require.NoError(t, err)
	var pix []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			pix = append(pix, []byte{c.R, c.G, c.B}[:channels]...)
		}
	}
	return pix
}

func largestDifference(a, b []byte) int {
	d := 0
	for i := range a {
		d = max(d, int(a[i])-int(b[i]), int(b[i])-int(a[i]))
	}
	return d
}

func TestDecodeAsPillow(t *testing.T) {
	for _, c := range pillowCases(t) {
		data, err := os.ReadFile(filepath.Join("testdata/inputs", c.Input))
		require.NoError(t, err)
		tolerance := 1 // what Options promises
		if strings.HasSuffix(c.Input, ".jpg") {
			tolerance = 2 // one more for the inverse cosine transform of another decoder
		}
		for channels, name := range map[int]string{1: c.Grey, 3: c.RGB} {
			t.Run(name, func(t *testing.T) {
				got := make([]byte, c.Size*c.Size*channels)
				require.NoError(t, decode(got, data, Options{Size: c.Size, Channels: channels}.withDefaults()))
				want := expected(t, name, channels)
				require.Len(t, want, len(got))
				assert.LessOrEqual(t, largestDifference(got, want), tolerance)
			})
		}
	}
}
