package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/formats/safetensors"
)

// facts runs a command with --json and decodes what it prints, which is one line.
func facts[T any](t testing.TB, args ...string) (v T) {
	t.Helper()
	o := succeed(t, append(args, "--json")...)
	require.Equal(t, 1, strings.Count(o.out, "\n"), "one line: %s", o.out)
	d := json.NewDecoder(strings.NewReader(o.out))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v), o.out)
	return v
}

// keysOf runs a command with --json and returns the keys of the object that it prints, or of the first of
// several.
func keysOf(t testing.TB, args ...string) []string {
	t.Helper()
	text := strings.TrimPrefix(succeed(t, append(args, "--json")...).out, "[")
	d := json.NewDecoder(strings.NewReader(text))
	token, err := d.Token()
	require.NoError(t, err)
	require.Equal(t, json.Delim('{'), token, text)
	var keys []string
	for d.More() {
		key, err := d.Token()
		require.NoError(t, err)
		keys = append(keys, key.(string))
		var value json.RawMessage
		require.NoError(t, d.Decode(&value))
	}
	return keys
}

// The keys are a promise to programs: 'help json' lists them in this order.
func TestJSONKeys(t *testing.T) {
	folder := trainedRun(t)
	t.Chdir(t.TempDir())
	about, ok := topicNamed("json")
	require.True(t, ok)
	doc := about.text()
	for _, c := range []struct {
		args []string
		keys string
	}{
		{[]string{"version"}, "version commit time modified go os arch device"},
		{[]string{"devices"}, "name engine threads description"},
		{[]string{"presets"}, "name system variant networks image generator_params critic_params source dataset"},
		{[]string{"summary", "--preset", "dcgan16"}, "network batch params trainable mult_adds work_adds input_bytes pass_bytes params_bytes layers"},
		{[]string{"data", "info", "--preset", "dcgan16", "--set", "DATA_SIZE=9"}, "description advice images height width channels bytes fingerprint skipped"},
		{[]string{"data", "info", "--preset", "toy-swissroll"}, "description points modes bytes"},
		{[]string{"doctor"}, "ok checks"},
	} {
		got := keysOf(t, c.args...)
		for _, key := range got {
			assert.Contains(t, strings.Fields(c.keys), key, "%v", c.args)
			assert.Regexp(t, `\b`+key+`\b`, doc, "%v: documented", c.args)
		}
	}
	assert.Equal(t, "catfaces", facts[map[string]any](t, "presets", "catfaces")["PRESET"])
	assert.Equal(t, []string{"path", "kind", "bytes", "step", "metadata", "tensors", "elements", "not_finite"}, keysOf(t, "inspect", folder))
}

func TestJSONVersion(t *testing.T) {
	v := facts[versionFacts](t, "version")
	assert.Regexp(t, `^go1\.`, v.Go)
	assert.Contains(t, succeed(t, "version").out, "\ndevice: "+v.Device+"\n")
}

func TestJSONDevices(t *testing.T) {
	d := facts[[]deviceFacts](t, "devices")
	require.NotEmpty(t, d)
	assert.Equal(t, "cpu", d[0].Name)
	assert.Positive(t, d[0].Threads)
	assert.Contains(t, d[0].Description, d[0].Engine+" engine")
}

func TestJSONPresets(t *testing.T) {
	p := facts[[]presetFacts](t, "presets")
	require.Len(t, p, 14)
	for _, p := range p {
		if p.Name == "catfaces_128" {
			assert.Equal(t, presetFacts{"catfaces_128", "CatFaces WGAN-GP, 128 pixels", "wgan-gp", "catfaces", "3×128×128", 47_855_363, 11_164_481, "folder", p.Dataset}, p)
		}
	}
	c := facts[map[string]any](t, "presets", "toy-8gaussians")
	assert.Equal(t, 256.0, c["BATCH_SIZE"])
	assert.Equal(t, true, c["SHUFFLE"])
	assert.Equal(t, []any{}, c["COMPAT"])
	assert.Equal(t, 0.3, c["LAMBDA_GP"])
}

func TestJSONSummary(t *testing.T) {
	t.Chdir(t.TempDir())
	s := facts[[]summaryFacts](t, "summary", "--preset", "dcgan16", "--batch", "2")
	require.Len(t, s, 2)
	assert.Equal(t, []string{"generator", "critic"}, []string{s[0].Network, s[1].Network})
	assert.Equal(t, 339_523, s[0].Params)
	assert.Equal(t, 2, s[0].Batch)
	require.NotEmpty(t, s[0].Layers)
	last := s[0].Layers[len(s[0].Layers)-1]
	assert.Equal(t, []int{2, 16, 16, 3}, last.Output)
}

func TestJSONDataInfo(t *testing.T) {
	t.Chdir(t.TempDir())
	writeImages(t, "cats/black", 5)
	write(t, "cats/white/bad\x1b[2J\u202e.png", "no image")
	o := succeed(t, "data", "info", "cats", "--set", "IMAGE_SIZE=32", "--grid", "look.png", "--json")
	assert.NotContains(t, o.out, "\x1b")
	assert.NotContains(t, o.out, "\u202e")
	var d dataFacts
	require.NoError(t, json.Unmarshal([]byte(o.out), &d))
	assert.Equal(t, 5, d.Images)
	assert.Equal(t, []int{32, 32, 3}, []int{d.Height, d.Width, d.Channels})
	require.Len(t, d.Skipped, 1)
	assert.Contains(t, d.Skipped[0].Source, "bad\x1b[2J\u202e.png")
	assert.NotEmpty(t, d.Skipped[0].Error)
	assert.FileExists(t, "look.png")
}

func TestJSONInspect(t *testing.T) {
	t.Chdir(t.TempDir())
	nan := float32(math.NaN())
	writeTensors(t, "some.safetensors", map[string]string{"made\x1bby": "a\nprogram"},
		safetensors.Tensor{Name: "weight", DType: safetensors.F32, Shape: []int{2, 2}, Data: []float32{1e-5, -2.5, nan, 3e20}},
		safetensors.Tensor{Name: "broken", DType: safetensors.F64, Shape: []int{1}, Data: []float64{math.Inf(1)}},
		safetensors.Tensor{Name: "count", DType: safetensors.I64, Data: []int64{-7}},
	)
	info, err := os.Stat("some.safetensors")
	require.NoError(t, err)
	assert.Equal(t, fileFacts{
		Path: "some.safetensors", Kind: "safetensors", Bytes: info.Size(), Metadata: map[string]string{"made\x1bby": "a\nprogram"},
		Tensors: []tensorFacts{
			{Name: "broken", Type: "F64", Shape: []int{1}, Elements: 1, NotFinite: 1},
			{Name: "count", Type: "I64", Shape: []int{}, Elements: 1, Min: "-7", Max: "-7"},
			{Name: "weight", Type: "F32", Shape: []int{2, 2}, Elements: 4, Min: "-2.5", Max: "3e+20", NotFinite: 1},
		},
		Elements: 6, NotFinite: 2,
	}, facts[fileFacts](t, "inspect", "some.safetensors"))
	_, folder := trained()
	f := facts[fileFacts](t, "inspect", folder)
	require.NotNil(t, f.Step)
	assert.EqualValues(t, 3, *f.Step)
}

func TestJSONBench(t *testing.T) {
	t.Chdir(t.TempDir())
	o := succeed(t, "bench", "--preset", "toy-8gaussians", "--rounds", "1", "--threads", "1", "--set", "BATCH_SIZE=4", "--json")
	assert.Equal(t, 1, strings.Count(o.out, "\n"))
	assert.True(t, json.Valid([]byte(o.out)))
}

func TestPrintJSON(t *testing.T) {
	var b bytes.Buffer
	a := &app{out: &b}
	const odd = "a<b\x7f\u009b\u202e\U000e0001é\x00\n猫"
	require.NoError(t, a.printJSON(odd))
	assert.Equal(t, `"a<b\u007f\u009b\u202e\udb40\udc01é\u0000\n猫"`+"\n", b.String())
	var back string
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	assert.Equal(t, odd, back)
	a.out = brokenPipe{}
	assert.Error(t, a.printJSON(1))
	assert.Error(t, a.printJSON(func() {}))
}
