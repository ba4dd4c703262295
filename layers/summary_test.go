package layers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// catFacesCritic and catFacesGenerator are networks for images of 64×64 pixels with 8 features, whose
// summaries are published.
func catFacesCritic() []layers.Layer {
	list := []layers.Layer{&layers.Conv2D{In: 3, Out: 8, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.LeakyReLU{Slope: 0.2}}
	for _, in := range []int{8, 16, 32} {
		list = append(list, &layers.Conv2D{In: in, Out: 2 * in, Window: kernels.Square(4, 2, 1)}, &layers.InstanceNorm{Features: 2 * in, Eps: 1e-5, Affine: true}, &layers.LeakyReLU{Slope: 0.2})
	}
	return append(list, &layers.Conv2D{In: 64, Out: 1, Window: kernels.Square(4, 2, 0), Bias: true})
}

func catFacesGenerator() []layers.Layer {
	list := []layers.Layer{&layers.ConvTranspose2D{In: 100, Out: 128, Window: kernels.Square(4, 1, 0)}, &layers.BatchNorm{Features: 128, Eps: 1e-5, Momentum: 0.1}, layers.ReLU()}
	for _, in := range []int{128, 64, 32} {
		list = append(list, &layers.ConvTranspose2D{In: in, Out: in / 2, Window: kernels.Square(4, 2, 1)}, &layers.BatchNorm{Features: in / 2, Eps: 1e-5, Momentum: 0.1}, layers.ReLU())
	}
	return append(list, &layers.ConvTranspose2D{In: 16, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}, &layers.Tanh{})
}

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		name   string
		input  device.Shape
		list   []layers.Layer
		want   layers.Summary
		output device.Shape
		text   string
	}{
		{
			"critic", device.Shape{64, 64, 3}, catFacesCritic(),
			layers.Summary{Params: 44649, Trainable: 44649, MultAdds: 15804168, WorkAdds: 15736832, InputBytes: 393216, PassBytes: 1441856, ParBytes: 178596},
			device.Shape{8, 1, 1, 1},
			"Total params: 44649\nTrainable params: 44649\nNon-trainable params: 0\nTotal mult-adds (M): 15.80\nMult-adds really done (M): 15.74\n" +
				"Input size (MB): 0.39\nForward/backward pass size (MB): 1.44\nParams size (MB): 0.18\nEstimated Total Size (MB): 2.01\n",
		},
		{
			"generator", device.Shape{1, 1, 100}, catFacesGenerator(),
			layers.Summary{Params: 378083, Trainable: 378083, MultAdds: 252808960, WorkAdds: 58261504, InputBytes: 3200, PassBytes: 4718592, ParBytes: 1512332},
			device.Shape{8, 64, 64, 3},
			"Total params: 378083\nTrainable params: 378083\nNon-trainable params: 0\nTotal mult-adds (M): 252.81\nMult-adds really done (M): 58.26\n" +
				"Input size (MB): 0.00\nForward/backward pass size (MB): 4.72\nParams size (MB): 1.51\nEstimated Total Size (MB): 6.23\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			net, err := layers.NewNetwork(device.NewMeta(), test.name, test.input, test.list...)
			require.NoError(t, err)
			s := net.Summarise(8)
			lines := s.Layers
			var text strings.Builder
			require.NoError(t, s.Write(&text))
			s.Layers = nil
			test.want.Network, test.want.Batch = test.name, 8
			assert.Equal(t, test.want, s)
			assert.Equal(t, test.output, lines[len(lines)-1].Output)
			assert.Equal(t, net.NumParams(), s.Params)
			assert.Contains(t, text.String(), test.text)
			for i, l := range net.Layers() {
				assert.Contains(t, text.String(), l.String())
				assert.Equal(t, l.String(), lines[i].Layer)
			}

			// What is really done is what the products and convolutions of a pass count.
			var counter device.Counter
			net.Device().SetCounter(&counter)
			x, err := net.Device().New(test.input.Batch(8))
			require.NoError(t, err)
			var tr layers.Trace
			_, err = net.Forward(&tr, device.NewWorkspace(net.Device()), x, layers.Train)
			require.NoError(t, err)
			assert.Equal(t, 2*s.WorkAdds, counter.Flops("conv2d")+counter.Flops("conv2d input"))
		})
	}
}

// full is a writer without room.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room -= len(b); f.room < 0 {
		return 0, errors.New("no room")
	}
	return len(b), nil
}

func TestSummaryReportsTheWriter(t *testing.T) {
	net := newNet(t, device.NewMeta(), device.Shape{3}, &layers.Linear{In: 3, Out: 2})
	for _, room := range []int{0, 130, 300} {
		assert.ErrorContains(t, net.Summarise(1).Write(&full{room}), "no room")
	}
}
