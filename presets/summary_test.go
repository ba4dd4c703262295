package presets_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/layers"
	"ganlib/variants"
)

// summarised returns the summaries of both networks for batches of n.
func summarised(t *testing.T, n int, name string, changes ...func(*config.Config)) (generator, critic layers.Summary) {
	t.Helper()
	nets := plan(t, preset(t, name, changes...))
	return nets.Generator.Summarise(n), nets.Critic.Summarise(n)
}

// lines returns the closing lines of a summary as printed.
func lines(t *testing.T, s layers.Summary) map[string]string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, s.Write(&b))
	found := map[string]string{}
	for line := range strings.Lines(b.String()) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			found[name] = value
		}
	}
	return found
}

// The figures that torchinfo prints for the CatFaces networks. Those of 8 features at 64 pixels are in
// the tutorial itself.
func TestSummaries(t *testing.T) {
	for _, test := range []struct {
		name                                      string
		size, features                            int
		critic                                    bool
		params, multAdds, input, pass, par, total string
	}{
		{"critic, 8 features", 64, 8, true, "44649", "15.80", "0.39", "1.44", "0.18", "2.01"},
		{"generator, 8 features", 64, 8, false, "378083", "252.81", "0.00", "4.72", "1.51", "6.23"},
		{"critic, 64 features", 64, 64, true, "2765633", "831.08", "0.39", "11.53", "11.06", "22.99"},
		{"generator, 64 features", 64, 64, false, "12658435", "13296.07", "0.00", "32.24", "50.63", "82.88"},
		{"critic of 128 pixels", 128, 8, true, "177001", "79.97", "1.57", "6.03", "0.71", "8.31"},
		{"generator of 128 pixels", 128, 8, false, "1107683", "1227.24", "0.00", "19.40", "4.43", "23.83"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, critic := summarised(t, 8, "catfaces", sized(test.size, test.features, 3))
			if test.critic {
				s = critic
			}
			got := lines(t, s)
			for name, want := range map[string]string{
				"Total params": test.params, "Trainable params": test.params, "Non-trainable params": "0",
				"Total mult-adds (M)": test.multAdds, "Input size (MB)": test.input,
				"Forward/backward pass size (MB)": test.pass, "Params size (MB)": test.par, "Estimated Total Size (MB)": test.total,
			} {
				assert.Equal(t, want, got[name], name)
			}
		})
	}
}

// To the last digit, where two decimals are rounded.
func TestSummaryDigits(t *testing.T) {
	generator, critic := summarised(t, 8, "catfaces", sized(64, 8, 3))
	assert.EqualValues(t, 15_804_168, critic.MultAdds)
	assert.EqualValues(t, 252_808_960, generator.MultAdds)
	assert.EqualValues(t, 3_200, generator.InputBytes)
	assert.EqualValues(t, 1_441_856, critic.PassBytes)
	assert.EqualValues(t, 4_718_592, generator.PassBytes)
}

func TestMultAddsOfOtherNetworks(t *testing.T) {
	for name, want := range map[string][2]float64{
		"mnist-mlp-wgangp": {95.13, 93.45}, "mnist-mlp-bce": {95.13, 34.14}, "dcgan16": {797.38, 147.34},
	} {
		generator, critic := summarised(t, 64, name)
		assert.InDelta(t, want[0], float64(generator.MultAdds)/1e6, 0.005, name)
		assert.InDelta(t, want[1], float64(critic.MultAdds)/1e6, 0.005, name)
	}
}

// A transposed convolution's real work is at its input positions.
func TestWorkReallyDone(t *testing.T) {
	for _, test := range []struct {
		size, features    int
		generator, critic float64 // millions for one image
		digit             float64
	}{
		{64, 64, 410.6, 103.8, 0.1},
		{128, 64, 2175.9, 549.5, 0.1},
		{64, 8, 7.28, 1.97, 0.01},
	} {
		generator, critic := summarised(t, 1, "catfaces", sized(test.size, test.features, 3))
		assert.InDelta(t, test.generator, float64(generator.WorkAdds)/1e6, test.digit/2)
		assert.InDelta(t, test.critic, float64(critic.WorkAdds)/1e6, test.digit/2)
	}
	generator, _ := summarised(t, 1, "catfaces")
	assert.InDelta(t, 1662.0, float64(generator.MultAdds)/1e6, 0.05, "as torchinfo prints it")
}

// parts returns the numbers of parameters of the layers that have any.
func parts(s layers.Summary) (list []int) {
	for _, l := range s.Layers {
		if l.Params > 0 {
			list = append(list, l.Params)
		}
	}
	return list
}

func TestParts(t *testing.T) {
	generator, critic := summarised(t, 8, "catfaces", sized(64, 8, 3))
	assert.Equal(t, []int{392, 2048, 32, 8192, 64, 32768, 128, 1025}, parts(critic))
	assert.Equal(t, []int{204800, 256, 131072, 128, 32768, 64, 8192, 32, 771}, parts(generator))
}

// The shapes of the tutorial's self-test: N = f = 8.
func TestSelfTestShapes(t *testing.T) {
	n := plan(t, preset(t, "catfaces", sized(64, 8, 3)))
	assert.Equal(t, "(8,1,1,100)", n.Generator.Input().Batch(8).String())
	assert.Equal(t, "(8,64,64,3)", n.Generator.Output().Batch(8).String())
	assert.Equal(t, "(8,1,1,1)", n.Critic.Output().Batch(8).String())
	assert.Equal(t, []string{"4×4", "8×8", "16×16", "32×32", "64×64"}, sizes(n))
}

// sizes returns the sizes of the generator's images in the order in which they grow.
func sizes(n variants.Networks) (list []string) {
	last := ""
	for _, l := range n.Generator.Summarise(1).Layers {
		size := strings.ReplaceAll(strings.Join(strings.Split(strings.Trim(l.Output.String(), "()"), ",")[1:3], "×"), " ", "")
		if size != last {
			list = append(list, size)
		}
		last = size
	}
	return list
}
