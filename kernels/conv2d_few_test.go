package kernels

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/device/ptxsim"
)

// FewChannelsMutants returns the mutants of the kernels for images of few channels, and UseFewChannels puts one
// in their place until the test is over.
func FewChannelsMutants(t testing.TB) []ptxsim.Mutant {
	forward, input := ptxsim.Mutants(conv2DFewPrograms[device.Float32].Images()[0].PTX), ptxsim.Mutants(conv2DFewInputProgram.Images()[0].PTX)
	assert.NotEmpty(t, forward)
	assert.NotEmpty(t, input)
	return append(forward, input...)
}

func UseFewChannels(t testing.TB, m ptxsim.Mutant) {
	program := &conv2DFewPrograms[device.Float32]
	if strings.HasPrefix(m.Kernel, "conv2d_few_input") {
		program = &conv2DFewInputProgram
	}
	was := *program
	t.Cleanup(func() { *program = was })
	*program = &device.Program{Name: was.Name, Images: func() []device.Image { return []device.Image{{Major: 7, Minor: 5, PTX: m.PTX}} }}
}

// TestFewChannels says which convolutions have kernels of their own, and which of these towards the images too.
func TestFewChannels(t *testing.T) {
	dev := device.NewMeta()
	for _, test := range []struct {
		name          string
		n, h, w, c, o int
		g             Window
		few           bool
		shared        int // of the gradient of images; 0 if it has none
	}{
		{"CatFaces", 96, 64, 64, 3, 64, Square(4, 2, 1), true, 31560},
		{"MNIST", 64, 28, 28, 1, 32, Square(4, 2, 1), true, 14720},
		{"five channels", 4, 28, 28, 5, 32, Square(4, 2, 1), false, 0},
		{"to few", 4, 28, 28, 3, 12, Square(4, 2, 1), false, 0},
		{"to no fours", 4, 28, 28, 3, 66, Square(4, 2, 1), false, 0},
		{"long patches", 1, 32, 32, 4, 16, Square(12, 1, 0), false, 0},
		{"rows of patches too long", 1, 32, 32, 4, 16, Square(5, 5, 0), true, 0},
		{"positions too many", 1, 3, 256, 3, 16, Square(3, 1, 1), true, 0},
		{"sums too long", 1, 32, 32, 3, 512, Square(3, 1, 1), true, 0},
		{"patches too many", 64, 4096, 4096, 1, 16, Square(1, 1, 1), true, 0},
	} {
		oh, ow := test.g.Out(test.h, test.w)
		x, err := dev.New(device.Shape{test.n, test.h, test.w, test.c})
		assert.NoError(t, err)
		y, err := dev.New(device.Shape{test.n, oh, ow, test.o})
		assert.NoError(t, err)
		assert.Equal(t, test.few, test.g.few(x, y), test.name)
		p, ok := fewInputOf(test.g, x.Shape(), y.Shape())
		assert.Equal(t, test.shared > 0, test.few && ok, test.name)
		if ok && test.few {
			assert.Equal(t, test.shared, p.shared, test.name)
		}
	}
}
