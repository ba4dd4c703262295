package datasets

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
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
			tolerance = 3 // another decoder rounds its cosine transform and colours elsewhere
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

func encodePNG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

// withSize changes the size in a PNG's header and mends its check sum.
func withSize(data []byte, w, h uint32) []byte {
	data = bytes.Clone(data)
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

func TestDecodeKeepsHighBytes(t *testing.T) {
	r := image.Rect(0, 0, 2, 1)
	grey, opaque, alpha := image.NewGray16(r), image.NewRGBA64(r), image.NewNRGBA64(r)
	for x, v := range []uint16{0x1280, 0xfe90} {
		grey.SetGray16(x, 0, color.Gray16{Y: v})
		opaque.SetRGBA64(x, 0, color.RGBA64{R: v, G: 0x3344, B: 0x5566, A: 0xffff})
		alpha.SetNRGBA64(x, 0, color.NRGBA64{R: v, G: 0x3344, B: 0x5566, A: 0x0101})
	}
	for _, c := range []struct {
		name string
		m    image.Image
		want []byte
	}{
		{"grey", grey, []byte{0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe}},
		{"rgb", opaque, []byte{0x12, 0x33, 0x55, 0xfe, 0x33, 0x55}},
		{"rgba", alpha, []byte{0x12, 0x33, 0x55, 0xfe, 0x33, 0x55}},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Scaled up twofold, the first and the last column are the pixels themselves.
			got := make([]byte, 4*4*3)
			require.NoError(t, decode(got, encodePNG(t, c.m), Options{Size: 4, Channels: 3}.withDefaults()))
			assert.Equal(t, c.want, append(bytes.Clone(got[:3]), got[9:12]...))
		})
	}
}

// A transparent pixel's colour is known where the frame has the global palette; of a local one it is
// lost, and the global palette's must not be taken for it.
func TestDecodeTransparentGIF(t *testing.T) {
	red, green, blue := color.RGBA{R: 255, A: 255}, color.RGBA{G: 255, A: 255}, color.RGBA{B: 255, A: 255}
	var buffer bytes.Buffer
	frame := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{green, color.RGBA{}})
	frame.Pix[1] = 1
	require.NoError(t, gif.EncodeAll(&buffer, &gif.GIF{
		Image:  []*image.Paletted{frame},
		Delay:  []int{0},
		Config: image.Config{ColorModel: color.Palette{red, blue}, Width: 2, Height: 1},
	}))
	got := make([]byte, 4*4*3)
	require.NoError(t, decode(got, buffer.Bytes(), Options{Size: 4, Channels: 3}.withDefaults()))
	assert.Equal(t, []byte{0, 255, 0, 0, 0, 0}, append(bytes.Clone(got[:3]), got[9:12]...))
}

func TestDecodeRefuses(t *testing.T) {
	good := encodePNG(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "empty"},
		{"text", []byte("<html>not found</html>"), `neither JPEG, PNG nor GIF: it starts with "<html>no"`},
		{"half", good[:len(good)/2], "cut off"},
		{"magic alone", good[:8], "cut off"},
		{"damaged", append(bytes.Clone(good[:50]), good[51:]...), "png"},
		{"no size", withSize(good, 0, 8), "png: invalid format"},
		{"too many pixels", withSize(good, 8001, 8000), "8001×8000, 64008000 pixels: the limit is 64000000"},
		{"too long", withSize(good, 1, 20_000), "1×20000 pixels: want sides of at most 16384"},
		{"vast", withSize(good, 1<<30, 1<<30), "png"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := decode(make([]byte, 4*4*3), c.data, Options{Size: 4, Channels: 3}.withDefaults())
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// The largest image that is decoded takes its turn alone; the turn must be given back.
func TestDecodeLargeInTurn(t *testing.T) {
	claim := withSize(encodePNG(t, image.NewGray(image.Rect(0, 0, 8, 8))), 4000, 2000)
	for range 3 {
		assert.Error(t, decode(make([]byte, 1), claim, Options{Size: 1, Channels: 1}.withDefaults()))
	}
}

func FuzzDecode(f *testing.F) {
	inputs, err := filepath.Glob("testdata/inputs/*")
	require.NoError(f, err)
	for _, name := range inputs {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data, uint8(9), true)
		f.Add(data[:len(data)/2], uint8(0), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, size uint8, colour bool) {
		o := Options{Size: int(size) + 1, Channels: 1, MaxPixels: 1 << 16}
		if colour {
			o.Channels = 3
		}
		_ = decode(make([]byte, o.Size*o.Size*o.Channels), data, o)
	})
}
