package drawn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// meanStd returns mean and standard deviation.
func meanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)))
}

// brightness gives the pixels of face i of seed 9 in [0,1].
func brightness(t *testing.T, i, size int) []float64 {
	pix := read(t, 9, i, size, 1)
	v := make([]float64, len(pix))
	for j, b := range pix {
		v[j] = float64(b) / 255
	}
	return v
}

// mirrored is the mean absolute difference between a square picture and its mirror image.
func mirrored(pix []float64, size int) float64 {
	var sum float64
	for i, v := range pix {
		x := i % size
		sum += math.Abs(v - pix[i-x+size-1-x])
	}
	return sum / float64(len(pix))
}

// The set has the spread of photographs: of 2,000 cropped to cats' faces, brightness had mean 0.44
// and deviation 0.14, and the pixels of one had a median deviation of 0.19.
func TestStatistics(t *testing.T) {
	const faces, size = 200, 16
	var means, contrasts, asymmetries []float64
	average := make([]float64, size*size)
	for i := range faces {
		pix := brightness(t, i, size)
		mean, std := meanStd(pix)
		means, contrasts, asymmetries = append(means, mean), append(contrasts, std), append(asymmetries, mirrored(pix, size))
		for j, v := range pix {
			average[j] += v / faces
		}
	}
	mean, spread := meanStd(means)
	assert.InDelta(t, 0.44, mean, 0.06, "mean brightness")
	assert.InDelta(t, 0.14, spread, 0.05, "spread of brightness")
	contrast, spread := meanStd(contrasts)
	assert.InDelta(t, 0.15, contrast, 0.04, "contrast")
	assert.Greater(t, spread, 0.03, "spread of contrast")
	asymmetry, spread := meanStd(asymmetries)
	assert.InDelta(t, 0.1, asymmetry, 0.04, "left-right difference of a face")
	assert.Greater(t, spread, 0.02, "spread of the left-right difference")

	// Faces are aligned, so that their average is a face: symmetrical, and not flat.
	_, relief := meanStd(average)
	assert.Greater(t, relief, 0.05, "contrast of the average face")
	assert.Less(t, mirrored(average, size), 0.015, "left-right difference of the average face")
}

// Where a feature should be, the average face is darker or lighter than beside it.
func TestAverageFace(t *testing.T) {
	const faces, size = 100, 64
	average := make([]float64, size*size)
	for i := range faces {
		for j, v := range brightness(t, i, size) {
			average[j] += v / faces
		}
	}
	at := func(u, v float64) float64 { // mean of 3×3 pixels around a point of [-1,1]²
		x, y := int((u+1)/2*size), int((v+1)/2*size)
		var sum float64
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				sum += average[(y+dy)*size+x+dx] / 9
			}
		}
		return sum
	}
	for _, side := range []float64{-1, 1} {
		assert.Less(t, at(side*0.38, 0.01), at(side*0.38, 0.34)-0.1, "eye and cheek")
		assert.Less(t, at(side*0.38, 0.01), at(0, 0.1)-0.1, "eye and bridge of the nose")
		assert.Less(t, at(side*0.58, -0.45), at(side*0.2, -0.4)-0.03, "inner ear and forehead")
	}
	assert.Less(t, at(0, 0.4), at(0.2, 0.42)-0.04, "nose and muzzle")
	assert.Less(t, at(0, 0.6), at(0, 0.74)-0.05, "mouth and chin")
}

// Every kind of coat, marking and eye occurs, about as often as its weight says.
func TestVariety(t *testing.T) {
	const faces = 4000
	var white, striped, blueEyed, closed, kittens, points, patched, odd int
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	for i := range faces {
		f := newTraits(11, i)
		count(&white, f.coat.white)
		count(&striped, f.coat.stripes > 0.25)
		count(&points, f.coat.pointed > 0)
		count(&patched, f.coat.patched)
		count(&blueEyed, f.eyes.iris[0].b > 1.3*f.eyes.iris[0].g)
		count(&odd, f.eyes.iris[0] != f.eyes.iris[1])
		count(&closed, f.eyes.lid > 0.2)
		count(&kittens, f.head.kitten > 0.3)
	}
	share := func(n int) float64 { return float64(n) / faces }
	assert.InDelta(t, 0.338, share(white), 0.02, "white areas")
	assert.InDelta(t, 0.59, share(striped), 0.03, "stripes")
	assert.InDelta(t, 8.0/105, share(points), 0.02, "colourpoints")
	assert.InDelta(t, 11.0/105, share(patched), 0.02, "calico and tortoiseshell")
	assert.InDelta(t, 0.11, share(blueEyed), 0.05, "blue eyes")
	assert.InDelta(t, 0.08*5/105*0.6, share(odd), 0.003, "odd eyes")
	assert.InDelta(t, 0.22/1.22, share(closed), 0.03, "half-closed eyes")
	assert.InDelta(t, 0.7/2.2, share(kittens), 0.03, "kittens")
}

// No combination of traits makes a picture that cannot be shown: all colours stay finite and the
// features stay apart.
func TestTraitsInRange(t *testing.T) {
	for i := range 3000 {
		f := newTraits(12, i)
		require.Greater(t, f.eyes.x-f.eyes.width, 0.08, "face %d: eyes apart", i)
		require.Greater(t, f.eyes.height, 0.07, "face %d: eyes open", i)
		require.Greater(t, f.mouth.noseY-f.mouth.noseWidth, f.eyes.y, "face %d: nose below the eyes", i)
		require.Greater(t, f.light.exposure, 0.5, "face %d", i)
		require.InDelta(t, 0, f.pose.roll, 0.2, "face %d", i)
		p := newPainter(12, i)
		for _, at := range []vec{{0, 0}, {-0.4, 0}, {0.4, 0}, {0, 0.45}, {0.6, -0.7}, {-1, -1}, {1, 1}, {0.3, 0.6}} {
			c := p.at(at.x, at.y)
			for _, v := range []float64{c.r, c.g, c.b} {
				require.True(t, v >= 0 && v < 4, "face %d at %v: %v", i, at, c)
			}
		}
	}
}
