package layers

import (
	"fmt"
	"io"

	"ganlib/device"
)

// Summary is the size of a network for a batch, by the rules of the torchinfo package: a convolution
// counts (weights+bias)·output positions multiply-adds a sample, a linear or normalisation layer its
// parameters; the passes take 8 bytes for each output of a layer with parameters; input and
// parameters take 4 bytes a number; 1 MB is 10⁶ bytes. WorkAdds counts what is really done:
// transposed convolutions multiply each input position, not each output position, with the weights.
type Summary struct {
	Network                         string
	Batch                           int
	Params, Trainable               int
	MultAdds                        int64 // as torchinfo counts
	WorkAdds                        int64 // as computed
	InputBytes, PassBytes, ParBytes int64
	Layers                          []LayerSummary
}

// LayerSummary is one line of a summary.
type LayerSummary struct {
	Name, Layer string
	Output      device.Shape // with N
	Params      int
}

// Summarise returns the network's summary for a batch of n samples.
func (net *Network) Summarise(n int) Summary {
	s := Summary{Network: net.name, Batch: n}
	s.InputBytes = 4 * int64(n) * int64(net.Input().Len())
	for i, l := range net.layers {
		in, out := net.shapes[i], net.shapes[i+1]
		line := LayerSummary{Name: net.names[i], Layer: l.String(), Output: out.Batch(n)}
		if p, ok := l.(Parametric); ok {
			weights := 0
			for _, p := range p.Params() {
				if p.Role.Buffer() {
					continue
				}
				line.Params += p.Shape.Len()
				if p.Role == Weight {
					weights += p.Shape.Len()
				}
			}
			s.add(l, n, line.Params, weights, in, out)
		}
		s.Layers = append(s.Layers, line)
	}
	s.Trainable = s.Params
	s.ParBytes = 4 * int64(s.Params)
	return s
}

// add counts one layer with parameters.
func (s *Summary) add(l Layer, n, params, weights int, in, out device.Shape) {
	if params == 0 {
		return
	}
	s.Params += params
	s.PassBytes += 8 * int64(n) * int64(out.Len())
	switch l.(type) {
	case *Conv2D:
		s.MultAdds += int64(n) * int64(params) * int64(out[0]*out[1])
		s.WorkAdds += int64(n) * int64(weights) * int64(out[0]*out[1])
	case *ConvTranspose2D:
		s.MultAdds += int64(n) * int64(params) * int64(out[0]*out[1])
		s.WorkAdds += int64(n) * int64(weights) * int64(in[0]*in[1])
	default:
		s.MultAdds += int64(n) * int64(params)
		s.WorkAdds += int64(n) * int64(weights)
	}
}

// Write prints the summary: the layers, then torchinfo's closing figures.
func (s Summary) Write(w io.Writer) error {
	const mb = 1e6
	if _, err := fmt.Fprintf(w, "%s\n%-12s %-58s %-20s %12s\n", s.Network, "name", "layer", "output", "params"); err != nil {
		return err
	}
	for _, l := range s.Layers {
		if _, err := fmt.Fprintf(w, "%-12s %-58s %-20v %12d\n", l.Name, l.Layer, l.Output, l.Params); err != nil {
			return err
		}
	}
	total := s.InputBytes + s.PassBytes + s.ParBytes
	_, err := fmt.Fprintf(w, "Total params: %d\nTrainable params: %d\nNon-trainable params: %d\nTotal mult-adds (M): %.2f\n"+
		"Mult-adds really done (M): %.2f\nInput size (MB): %.2f\nForward/backward pass size (MB): %.2f\nParams size (MB): %.2f\nEstimated Total Size (MB): %.2f\n",
		s.Params, s.Trainable, s.Params-s.Trainable, float64(s.MultAdds)/1e6, float64(s.WorkAdds)/1e6,
		float64(s.InputBytes)/mb, float64(s.PassBytes)/mb, float64(s.ParBytes)/mb, float64(total)/mb)
	return err
}
