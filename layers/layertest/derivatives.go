package layertest

import (
	"fmt"
	"math"

	"ganlib/device"
	"ganlib/layers"
)

// Accuracy of central differences in float64.
const (
	directions = 10
	entries    = 20
	firstStep  = 0x1p-16
	halvings   = 9       // a step that crosses a kink, or is too long for a curve, is halved
	relative   = 1e-6    // of the derivative
	rounding   = 0x1p-34 // of the numbers that cancel in a difference: 2^-52 over a step, with room
)

// probe64 returns a probe on a float64 device.
func probe64(build Build, n int, mode layers.Mode) (*probe, error) {
	return newProbe(device.NewCPU64(1), build, n, mode)
}

// checkAdjoint checks ⟨J·v,u⟩ = ⟨v,Jᵀ·u⟩.
func checkAdjoint(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	r, err := p.run()
	if err != nil {
		return err
	}
	if !p.second {
		return errFirstOrder
	}
	a, sizeA := dot(r.ydot, values(p.u))
	b, sizeB := dot(values(p.v), r.dx)
	if !(math.Abs(a-b) <= 1e-12*(sizeA+sizeB)) {
		return fmt.Errorf("⟨Jv,u⟩ = %.17g, ⟨v,Jᵀu⟩ = %.17g", a, b)
	}
	return nil
}

// checkInputGradient compares dx with differences of ⟨u,f(x)⟩.
func checkInputGradient(build Build, batch int, mode layers.Mode) error {
	return checkGradients(build, batch, mode, false, func(p *probe, r result, f func() (float64, float64, error)) error {
		return p.compare("dx", p.x, r.dx, f)
	})
}

// checkParamGradients compares the parameter gradients with differences of ⟨u,f(x)⟩.
func checkParamGradients(build Build, batch int, mode layers.Mode) error {
	return checkGradients(build, batch, mode, false, func(p *probe, r result, f func() (float64, float64, error)) error {
		return p.compareParams(r.grads, f)
	})
}

// checkSecondInput compares TangentBackward's input gradient with differences of S = ⟨u,J(x)·v⟩.
func checkSecondInput(build Build, batch int, mode layers.Mode) error {
	return checkGradients(build, batch, mode, true, func(p *probe, r result, f func() (float64, float64, error)) error {
		return p.compare("∂S/∂x", p.x, r.xbar, f)
	})
}

// checkSecondParams compares TangentBackward's parameter gradients with differences of S.
func checkSecondParams(build Build, batch int, mode layers.Mode) error {
	return checkGradients(build, batch, mode, true, func(p *probe, r result, f func() (float64, float64, error)) error {
		return p.compareParams(r.secondGrad, f)
	})
}

// checkGradients gives compare the function whose gradients are in question and what the passes say
// about it.
func checkGradients(build Build, batch int, mode layers.Mode, second bool, compare func(*probe, result, func() (float64, float64, error)) error) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	if second && !p.second {
		return errFirstOrder
	}
	r, err := p.run()
	if err != nil {
		return err
	}
	u, pass := values(p.u), p.forward
	if second {
		pass = p.tangent
	}
	return compare(p, r, func() (value, size float64, err error) {
		y, err := pass()
		value, size = dot(u, y)
		return value, size, err
	})
}

func (p *probe) compareParams(grads []float64, f func() (float64, float64, error)) error {
	for _, q := range p.net.Params() {
		at := p.net.Offset(q)
		if err := p.compare("gradient of "+q.Name, q.Value, grads[at:at+q.Shape.Len()], f); err != nil {
			return err
		}
	}
	return nil
}

// compare compares grad with differences of f as target changes along random directions and along
// single elements.
func (p *probe) compare(name string, target *device.Tensor, grad []float64, f func() (value, size float64, err error)) error {
	length := len(grad)
	for range directions {
		w := p.normals(length)
		want, _ := dot(grad, w)
		if err := p.difference(name+" along a direction", target, w, want, math.Sqrt(float64(length))*rms(grad), f); err != nil {
			return err
		}
	}
	pick := p.random()
	for i := range min(entries, length) {
		at := i
		if length > entries {
			at = int(float64(pick.Uniform(i)) * float64(length))
		}
		w := make([]float64, length)
		w[at] = 1
		if err := p.difference(fmt.Sprintf("%s, element %d", name, at), target, w, grad[at], rms(grad), f); err != nil {
			return err
		}
	}
	return nil
}

// difference compares want with (f(target+h·w) − f(target−h·w))/2h. Steps are halved until they
// agree: no step is small enough for a derivative that is wrong.
func (p *probe) difference(name string, target *device.Tensor, w []float64, want, scale float64, f func() (value, size float64, err error)) error {
	data := device.Data[float64](target)
	start := append([]float64(nil), data...)
	defer copy(data, start)
	at := func(h float64) (float64, float64, error) {
		for i := range data {
			data[i] = start[i] + h*w[i]
		}
		return f()
	}
	var got float64
	h := firstStep
	for range halvings {
		up, size, err := at(h)
		if err != nil {
			return err
		}
		down, _, err := at(-h)
		if err != nil {
			return err
		}
		got = (up - down) / (2 * h)
		if math.Abs(got-want) <= relative*max(math.Abs(want), scale)+rounding*size {
			return nil
		}
		h /= 2
	}
	return fmt.Errorf("%s: %.12g: differences give %.12g", name, want, got)
}

// checkTangent compares every element of the tangent with differences of the output along v.
func checkTangent(build Build, batch int, mode layers.Mode) error {
	p, err := probe64(build, batch, mode)
	if err != nil {
		return err
	}
	if !p.second {
		return errFirstOrder
	}
	r, err := p.run()
	if err != nil {
		return err
	}
	scale, v := rms(r.ydot), values(p.v)
	for i, want := range r.ydot {
		f := func() (float64, float64, error) {
			y, err := p.forward()
			if err != nil {
				return 0, 0, err
			}
			return y[i], math.Abs(y[i]) + rms(y), nil
		}
		if err := p.difference(fmt.Sprintf("ẏ, element %d", i), p.x, v, want, scale, f); err != nil {
			return err
		}
		if i == 10*entries {
			break // enough of a large output
		}
	}
	return nil
}

// normals returns n normal numbers.
func (p *probe) normals(n int) []float64 {
	r := p.random()
	out := make([]float64, 0, n+4)
	for block := uint32(0); len(out) < n; block++ {
		for _, v := range r.Normals(block) {
			out = append(out, float64(v))
		}
	}
	return out[:n]
}
