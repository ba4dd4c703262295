package drawn

import "ganlib/device"

// latticeLen is the period of the noise: coordinates that differ by it give the same value.
const latticeLen = 64

// lattice holds the values of the noise at integer coordinates, one for all faces: each face reads
// it from an origin of its own.
var lattice = newLattice()

func newLattice() *[latticeLen * latticeLen]float32 {
	var l [latticeLen * latticeLen]float32
	random := device.Random{Stream: latticeStream}
	for i := 0; i < len(l); i += 4 {
		u := random.Uniforms(uint32(i / 4))
		for j, v := range u {
			l[i+j] = 2*v - 1
		}
	}
	return &l
}

// noise is value noise in (-1,1): random numbers at integer coordinates, smoothly interpolated. The
// coordinates must lie above -4096.
func noise(x, y float64) float64 {
	x += 4096
	y += 4096
	ix, iy := int(x), int(y)
	fx, fy := x-float64(ix), y-float64(iy)
	fx *= fx * (3 - 2*fx)
	fy *= fy * (3 - 2*fy)
	const mask = latticeLen - 1
	row0, row1 := (iy&mask)*latticeLen, ((iy+1)&mask)*latticeLen
	col0, col1 := ix&mask, (ix+1)&mask
	a, b := float64(lattice[row0+col0]), float64(lattice[row0+col1])
	c, d := float64(lattice[row1+col0]), float64(lattice[row1+col1])
	a += (b - a) * fx
	c += (d - c) * fx
	return a + (c-a)*fy
}

// quadrantCells is the number of cells of the lattice along a quarter turn, so that a whole turn is
// one period of the noise and has no seam.
const quadrantCells = latticeLen / 4

// turn is an angle of (x,y) that is cheap: it grows evenly along the sides of the square
// |x|+|y| = 1, one a quadrant, from 0 to 4.
func turn(x, y float64) float64 {
	sum := abs(x) + abs(y)
	if sum == 0 {
		return 0
	}
	t := x / sum
	if y >= 0 {
		return 1 - t
	}
	return 3 + t
}

// fur is the texture of hair that radiates from a centre: noise that is fine across the hairs and
// coarse along them. (x,y) is relative to the centre, radius its length; the result lies in (-1,1).
func fur(x, y, radius float64, origin vec) float64 {
	t := turn(x, y) * quadrantCells
	fine := noise(2*t+origin.x, 7*radius+origin.y)
	coarse := noise(t+origin.y, 3*radius+origin.x)
	return 0.6*fine + 0.4*coarse
}
