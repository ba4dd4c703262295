package layers

import (
	"fmt"
	"math"
	"slices"

	"ganlib/device"
	"ganlib/kernels"
)

// Initialisers lists the names that Init knows:
//
//	pytorch      weights and biases ~ U(±1/√fan_in); norms γ=1, β=0
//	dcgan        convolution weights ~ N(0, 0.02), batch norm γ ~ N(1, 0.02), β=0; the rest as pytorch
//	dcgan-zero   as dcgan with batch norm γ ~ N(0, 0.02), which leaves a generator almost constant
//	glorot       weights ~ U(±√(6/(fan_in+fan_out))), biases 0; norms γ=1, β=0
//
// N(m, s) has standard deviation s. The fan in of a transposed convolution is out·k². Sources: He et
// al. 2015 with PyTorch's a = √5 (pytorch), Radford, Metz and Chintala 2016 (dcgan), Glorot and Bengio
// 2010 (glorot).
func Initialisers() []string { return []string{"pytorch", "dcgan", "dcgan-zero", "glorot"} }

// Init sets all parameters by the named initialiser, and buffers to their start: running means 0,
// variances 1, counts 0. The numbers are a function of the seed, the network's name and the
// parameter's name alone, so they are the same on every device.
func (n *Network) Init(scheme string, seed uint64) error {
	if !slices.Contains(Initialisers(), scheme) {
		return fmt.Errorf("layers: initialiser %q: want one of %v", scheme, Initialisers())
	}
	n.Release()
	for _, p := range n.params {
		r := device.Random{Seed: seed, Stream: device.Stream("init " + n.name + " " + p.Name)}
		if err := initParam(p, scheme, r); err != nil {
			return err
		}
	}
	for _, p := range n.buffers {
		if err := kernels.Fill(p.Value, p.Start); err != nil {
			return err
		}
	}
	return nil
}

func initParam(p *Param, scheme string, r device.Random) error {
	dcgan := scheme == "dcgan" || scheme == "dcgan-zero"
	switch {
	case p.Role == Scale && p.Kind == BatchNormKind && dcgan:
		mean := 1.0
		if scheme == "dcgan-zero" {
			mean = 0
		}
		return kernels.Normal(p.Value, mean, 0.02, r)
	case p.Role == Scale:
		return kernels.Fill(p.Value, 1)
	case p.Role == Shift, p.Role == Bias && scheme == "glorot":
		return kernels.Fill(p.Value, 0)
	case p.Role == Weight && p.Kind == ConvKind && dcgan:
		return kernels.Normal(p.Value, 0, 0.02, r)
	}
	bound := 1 / math.Sqrt(float64(p.FanIn))
	if scheme == "glorot" {
		bound = math.Sqrt(6 / float64(p.FanIn+p.FanOut))
	}
	return kernels.Uniform(p.Value, -bound, bound, r)
}
