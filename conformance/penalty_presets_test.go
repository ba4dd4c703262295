package conformance_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"ganlib/config"
	"ganlib/device"
	"ganlib/losses"
	"ganlib/presets"
)

// TestCheck06PenaltyOfPresets compares the penalty's gradients with central differences for the critic of each
// preset, narrow but of full depth, on two samples; presets with the same critic are checked once.
func TestCheck06PenaltyOfPresets(t *testing.T) {
	for _, name := range []string{"mnist-mlp-wgangp", "mnist-mlp-bce", "dcgan16", "keras-wgan", "catfaces", "catfaces_128", "toy-8gaussians"} {
		t.Run(name, func(t *testing.T) {
			width := "FEATURES_CRITIC=4"
			if name == "catfaces_128" {
				width = "FEATURES_CRITIC=1"
			}
			if raceDetector && name != "catfaces" && name != "mnist-mlp-wgangp" {
				t.Skip("under the race detector one critic of each kind is enough")
			}
			c, err := config.Resolve(config.Sources{Preset: name, Sets: []string{width, "FEATURES_GEN=2"}})
			require.NoError(t, err)
			nets, err := presets.Networks(device.NewCPU64(1), c)
			require.NoError(t, err)
			p := &penalised{t: t, net: nets.Critic, ws: device.NewWorkspace(nets.Critic.Device()), penalty: losses.PaperPenalty()}
			p.vary()
			x := p.batch(2, 2) // the keras critic is within 1e-7 of a kink at the first batch
			_, grads := p.grads(x)
			for _, q := range nets.Critic.Params() {
				p.differences(q, x, grads[q.Name])
			}
		})
	}
}
