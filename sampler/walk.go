package sampler

import "fmt"

// Path is a way through the latent space, from sample to sample of a seed.
type Path struct {
	Seed     uint64
	First    int     // number of the sample where it begins
	Keys     int     // how many samples it goes through, at least 2
	Between  int     // steps from one to the next, at least 1
	Loop     bool    // it returns to where it began
	Linear   bool    // on straight lines ([Lerp]), instead of great circles ([Slerp])
	Truncate float64 // numbers beyond it are pulled back ([Truncate]); 0: none
}

// Points returns how many points the path has. A closed one does not have its first again at its end, so
// that it can be shown over and over.
func (p Path) Points() int {
	if p.Loop {
		return p.Keys * p.Between
	}
	return (p.Keys-1)*p.Between + 1
}

// maxPoints is the most points of a path.
const maxPoints = 1 << 20

// Walk returns the latent vectors along a path, in the order (points, Z), for [Sampler.Generate]. Uniform
// noise is walked on straight lines, since great circles would leave its cube.
func (s *Sampler) Walk(p Path) ([]float32, error) {
	if p.Keys < 2 || p.Between < 1 || p.Keys > maxPoints/p.Between {
		return nil, fmt.Errorf("sampler: a walk through %d samples, %d steps between them: want at least 2 and 1, and at most %d in all", p.Keys, p.Between, maxPoints)
	}
	keys, err := s.Noise(p.Seed, p.First, p.Keys)
	if err != nil {
		return nil, err
	}
	if p.Truncate > 0 {
		Truncate(keys, p.Truncate, s.uniform)
	}
	z := len(keys) / p.Keys
	move := Slerp
	if p.Linear || s.uniform {
		move = Lerp
	}
	out := make([]float32, p.Points()*z)
	for i := range p.Points() {
		from, to := i/p.Between, (i/p.Between+1)%p.Keys
		move(out[i*z:(i+1)*z], keys[from*z:(from+1)*z], keys[to*z:(to+1)*z], float64(i%p.Between)/float64(p.Between))
	}
	return out, nil
}
