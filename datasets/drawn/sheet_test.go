package drawn

import (
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/drawn-faces.png anew")

const sheetFile = "../../docs/drawn-faces.png"

// sheet lays out faces 0 to 31 of seed 1 at 64×64 in 8 columns, 2 pixels of black between.
func sheet(t *testing.T) *image.RGBA {
	const cols, rows, size, pad = 8, 4, 64, 2
	f, err := New(1, cols*rows, size, 3)
	require.NoError(t, err)
	out := image.NewRGBA(image.Rect(0, 0, cols*(size+pad)+pad, rows*(size+pad)+pad))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	for i := range f.Len() {
		at := image.Pt(pad+i%cols*(size+pad), pad+i/cols*(size+pad))
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(size, size))}, f.Face(i), image.Point{}, draw.Src)
	}
	return out
}

// The faces are those of the sheet that is kept with the documentation: a change of any of them
// must be meant. Where floating-point arithmetic rounds otherwise, a quad may be seen at two points
// instead of four and a channel may be one level off, so the comparison has some play.
func TestContactSheet(t *testing.T) {
	got := sheet(t)
	require.Equal(t, image.Rect(0, 0, 530, 266), got.Bounds())
	if *update {
		w, err := os.Create(sheetFile)
		require.NoError(t, err)
		require.NoError(t, png.Encode(w, got))
		require.NoError(t, w.Close())
	}
	r, err := os.Open(sheetFile)
	require.NoError(t, err)
	defer r.Close()
	img, err := png.Decode(r)
	require.NoError(t, err)
	require.Equal(t, got.Bounds(), img.Bounds())
	want := image.NewRGBA(img.Bounds())
	draw.Draw(want, want.Bounds(), img, image.Point{}, draw.Src)
	off := 0
	for i, v := range got.Pix {
		if d := int(v) - int(want.Pix[i]); d < -1 || d > 1 {
			off++
		}
	}
	assert.LessOrEqual(t, off, len(got.Pix)/1000, "values that differ by more than one level; go test ./datasets/drawn -update writes the sheet anew")
	assert.Less(t, distance(got.Pix, want.Pix), 0.02, "levels")
}
