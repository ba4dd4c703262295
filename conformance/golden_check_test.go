package conformance_test

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
)

// TestGoldenNotices damages a case and expects the comparison to report it: a golden test that
// cannot fail proves nothing.
func TestGoldenNotices(t *testing.T) {
	edit := func(from, to string) func(*goldenCase) {
		return func(c *goldenCase) {
			raw := bytes.Replace(c.raw, []byte(from), []byte(to), 1)
			if bytes.Equal(raw, c.raw) {
				panic("nothing replaced")
			}
			c.raw = raw
		}
	}
	value := func(name string, change func([]float32)) func(*goldenCase) {
		return func(c *goldenCase) { change(c.tensors[name].values) }
	}
	scale := func(values []float32) {
		for i := range values {
			values[i] *= 1 + 3e-5
		}
	}
	for _, test := range []struct {
		name, folder string
		damage       func(*goldenCase)
		want         string
	}{
		{"nothing", "layer-batchnorm2d", func(*goldenCase) {}, ""},
		{"output", "layer-batchnorm2d", value("y", scale), "y: root mean square error"},
		{"evaluation", "layer-batchnorm2d", value("y_eval", scale), "y_eval: root mean square error"},
		{"buffer", "layer-batchnorm2d", value("after.buffer.0.running_var", scale), "after.buffer.0.running_var: root mean square error"},
		{"gradient", "net-critic16-f4", value("grad.2.weight", scale), "grad.2.weight: root mean square error"},
		{"second order", "net-critic16-f4", value("second.dx", func(v []float32) { v[0] += 1e-4 }), "second.dx: root mean square error"},
		{"zero", "layer-linear", value("second.grad.0.bias", func(v []float32) { v[0] = 1e-8 }), "second.grad.0.bias: root mean square error"},
		{"not a number", "layer-linear", value("y", func(v []float32) { v[3] = float32(math.NaN()) }), "y: root mean square error NaN"},
		{"input", "layer-linear", value("param.0.weight", scale), "y: root mean square error"},
		{"penalty", "penalty-mlp", value("penalty", scale), "penalty: root mean square error"},
		{"loss", "losses-n8", value("wasserstein.critic.dfake", scale), "wasserstein.critic.dfake: root mean square error"},
		{"update", "adam-default", value("step.11.update", func(v []float32) { v[0] += 1e-4 }), "step.11.update: root mean square error"},
		{"critic loss", "train-wgangp-n5", value("step.3.critic.2.loss", func(v []float32) { v[0] += 1e-4 }), "step.3.critic.2.loss: root mean square error"},
		{"generator update", "train-ganbce-mlp", value("update.generator.param.0.weight", func(v []float32) { v[0] += 1e-3 }), "update.generator.param.0.weight: root mean square error"},
		{"running average", "train-ganbce-dcgan16", value("final.critic.buffer.3.running_var", scale), "final.critic.buffer.3.running_var: root mean square error"},
		{"noise", "train-wganclip-mlp-n6", value("step.3.generator.z", func(v []float32) { v[0]++ }), "root mean square error"},
		{"sample", "train-wgangp-mlp", value("sample.image", scale), "sample.image: root mean square error"},
		{"variant", "train-wgangp-mlp", edit(`"wgan-gp"`, `"wgan-gb"`), "lambda is for wgan-gp"},
		{"settings of another variant", "train-ganbce-mlp", edit(`"gan-bce"`, `"wgan-gp"`), "lambda is for wgan-gp"},
		{"steps", "train-wgangp-mlp", edit(`"steps": 3`, `"steps": 4`), "no input step.3.critic.0.real"},
		{"shape", "layer-linear", func(c *goldenCase) {
			y := c.tensors["y"]
			c.tensors["y"] = goldenTensor{[]int{y.shape[1], y.shape[0]}, y.values}
		}, "y: shape [3 5]: want [5 3]"},
		{"kind", "layer-linear", func(c *goldenCase) { c.Kind = "layers" }, `unknown kind "layers"`},
		{"layer type", "layer-linear", edit(`"type": "linear"`, `"type": "lineal"`), `unknown layer type "lineal"`},
		{"field of a layer", "layer-tanh", edit(`"type": "tanh"`, `"type": "tanh", "slope": 1`), `unknown field "slope"`},
		{"missing field", "layer-linear", edit(`"in": 7,`, ``), `field "in" is missing`},
		{"field of a case", "layer-linear", edit(`"format": 1`, `"format": 1, "mode": 2`), `unknown field "mode"`},
		{"loss name", "losses-n8", edit(`"hinge.critic"`, `"hinge.critics"`), `unknown loss "hinge.critics"`},
		{"optimizer", "adam-default", edit(`"type": "adam"`, `"type": "adamw"`), `unknown optimizer type "adamw"`},
		{"unused output", "adam-default", edit(`"steps": 12`, `"steps": 11`), "step.11.update: never used"},
		{"other parameters", "layer-linear", edit(`"bias": true`, `"bias": false`), "param.0.bias: never used"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := readGolden(filepath.Join("..", "testdata", "golden", test.folder))
			require.NoError(t, err)
			var compact bytes.Buffer // one spelling, whatever the file's indentation
			require.NoError(t, json.Compact(&compact, c.raw))
			c.raw = bytes.ReplaceAll(bytes.ReplaceAll(compact.Bytes(), []byte(`":`), []byte(`": `)), []byte(`,"`), []byte(`, "`))
			test.damage(c)
			err = c.run(device.NewCPU(1))
			if test.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.want)
			}
		})
	}
}

// TestGoldenIsComplete damages the list of tensors that a case is to have.
func TestGoldenIsComplete(t *testing.T) {
	for name, damage := range map[string]func(*goldenCase){
		"tensor without bound": func(c *goldenCase) { delete(c.Bounds, "y") },
		"bound without tensor": func(c *goldenCase) { c.Bounds["z"] = 1 },
		"missing input":        func(c *goldenCase) { delete(c.tensors, "x") },
		"bound of nothing":     func(c *goldenCase) { c.Bounds["y"] = 0 },
		"input with bound":     func(c *goldenCase) { c.Bounds["x"] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := readGolden(filepath.Join("..", "testdata", "golden", "layer-linear"))
			require.NoError(t, err)
			damage(c)
			assert.Error(t, c.complete())
		})
	}
}
