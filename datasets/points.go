package datasets

import (
	"math"

	"ganlib/device"
)

// Points is a set of points in the plane, drawn from a known distribution: the toy problems on
// which mode collapse shows.
type Points struct {
	Name    string
	N       int
	XY      []float32    // (N,2)
	Centres [][2]float64 // of the modes; nil if the distribution has none
	Sigma   float64      // standard deviation of each mode in x and in y; of the noise if there are no modes
}

// EightGaussians draws n points from eight equally likely normal distributions, centres at angles of
// 45° on a circle of radius 2, standard deviation 0.05. (The toy code of Gulrajani et al. 2017,
// "Improved training of Wasserstein GANs", gan_toy.py, has radius 2 and 0.02, both divided by 1.414.)
// Point i depends on the seed and i only. An n below 1 gives an empty set.
func EightGaussians(seed uint64, n int) Points {
	centres := make([][2]float64, 8)
	for k := range centres {
		sin, cos := math.Sincos(float64(k) * math.Pi / 4)
		centres[k] = [2]float64{2 * cos, 2 * sin}
	}
	return mixture("8 gaussians", seed, n, centres, 0.05)
}

// TwentyFiveGaussians draws n points from 25 equally likely normal distributions on a grid of 5×5. As
// in the toy code of Gulrajani et al. 2017 the centres are {-4,-2,0,2,4}² and the standard deviation
// is 0.05, both divided by 2.828, which brings the whole to about unit variance. PacGAN (Lin et al.
// 2018, 1712.04086) uses the same without the division. Point i depends on the seed and i only. An n
// below 1 gives an empty set.
func TwentyFiveGaussians(seed uint64, n int) Points {
	const scale = 2.828
	var centres [][2]float64
	for x := -4; x <= 4; x += 2 {
		for y := -4; y <= 4; y += 2 {
			centres = append(centres, [2]float64{float64(x) / scale, float64(y) / scale})
		}
	}
	return mixture("25 gaussians", seed, n, centres, 0.05/scale)
}

// SwissRoll draws n points from a spiral, as the toy code of Gulrajani et al. 2017 does:
//
//	t = 1.5π(1+2u), u ~ U[0,1)     (x,y) = (t cos t, t sin t)/7.5 + noise, standard deviation 0.25/7.5
//
// Point i depends on the seed and i only. An n below 1 gives an empty set.
func SwissRoll(seed uint64, n int) Points {
	const scale, sigma = 7.5, 0.25 / 7.5
	p := Points{Name: "swiss roll", N: max(n, 0), Sigma: sigma}
	p.XY = make([]float32, 2*p.N)
	for i := range p.N {
		word, dx, dy := pointRandom(seed, i)
		t := 1.5 * math.Pi * (1 + 2*float64(word)/(1<<32))
		sin, cos := math.Sincos(t)
		p.XY[2*i] = float32(t*cos/scale + float64(sigma*dx))
		p.XY[2*i+1] = float32(t*sin/scale + float64(sigma*dy))
	}
	return p
}

func mixture(name string, seed uint64, n int, centres [][2]float64, sigma float64) Points {
	p := Points{Name: name, N: max(n, 0), Centres: centres, Sigma: sigma}
	p.XY = make([]float32, 2*p.N)
	for i := range p.N {
		word, dx, dy := pointRandom(seed, i)
		c := centres[uint64(word)*uint64(len(centres))>>32]
		p.XY[2*i] = float32(c[0] + float64(sigma*dx))
		p.XY[2*i+1] = float32(c[1] + float64(sigma*dy))
	}
	return p
}

// pointRandom returns 32 random bits and two normal numbers for point i. A block has four words; the
// normals come from the last two, so the first is independent of them.
func pointRandom(seed uint64, i int) (word uint32, dx, dy float64) {
	r := device.Random{Seed: seed, Stream: StreamPoints, Step: uint64(i) >> 32}
	normals := r.Normals(uint32(i))
	return r.Words(uint32(i))[0], float64(normals[2]), float64(normals[3])
}

// Modes tells how well samples cover the modes of a set. points has shape (N,2). A sample belongs to
// a mode if it lies within 3σ of its centre; a mode is covered if at least 1 % of all samples belong
// to it; share is the part of the samples that belongs to any. (Of the set's own distribution, 98.9 %
// does: 1-exp(-9/2).) Without samples or without modes both are 0.
func Modes(points []float32, set Points) (covered int, share float64) {
	n := len(points) / 2
	counts := make([]int, len(set.Centres))
	near := 0
	for i := range n {
		x, y := float64(points[2*i]), float64(points[2*i+1])
		inside := false
		for k, c := range set.Centres {
			if math.Hypot(x-c[0], y-c[1]) <= 3*set.Sigma {
				counts[k]++
				inside = true
			}
		}
		if inside {
			near++
		}
	}
	if n == 0 {
		return 0, 0
	}
	for _, count := range counts {
		if count > 0 && 100*count >= n {
			covered++
		}
	}
	return covered, float64(near) / float64(n)
}
