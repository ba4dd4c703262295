package config

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// base returns a preset that is known to exist.
func base(t testing.TB, name string) Config {
	t.Helper()
	c, err := Preset(name)
	require.NoError(t, err)
	return c
}

// load loads a file over the catfaces preset.
func load(t testing.TB, text string) (Config, error) {
	t.Helper()
	return Load(strings.NewReader(text), "f.yaml", base(t, "catfaces"))
}

func TestShippedFile(t *testing.T) {
	file, err := os.Open("testdata/train.config.yaml")
	require.NoError(t, err)
	defer file.Close()
	_, err = Load(file, "train.config.yaml", Config{Preset: "celeba"})
	require.Error(t, err, "an empty base lacks valid values")
	_, err = file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	c, err := Load(file, "train.config.yaml", base(t, "catfaces_3"))
	require.NoError(t, err)
	want := base(t, "catfaces")
	want.Preset = "catfaces_3"
	assert.Equal(t, want, c, "catfaces is the shipped file")
	assert.Equal(t, 10, c.NumEpochs)
	assert.Equal(t, 1e-4, c.LearningRate)
	assert.Equal(t, "cuda", c.Device)
}

func TestLoadValues(t *testing.T) {
	cases := map[string]struct {
		text   string
		change func(*Config)
	}{
		"empty":              {"", func(*Config) {}},
		"only a comment":     {"# nothing\n", func(*Config) {}},
		"only a header":      {"---\n", func(*Config) {}},
		"bare 2e-4":          {"LEARNING_RATE: 2e-4", func(c *Config) { c.LearningRate = 2e-4 }},
		"quoted 2e-4":        {`LEARNING_RATE: "2e-4"`, func(c *Config) { c.LearningRate = 2e-4 }},
		"single quotes":      {`LEARNING_RATE: '2e-4'`, func(c *Config) { c.LearningRate = 2e-4 }},
		"2.0e-4":             {"LEARNING_RATE: 2.0e-4", func(c *Config) { c.LearningRate = 2e-4 }},
		"2E-4":               {"LEARNING_RATE: 2E-4", func(c *Config) { c.LearningRate = 2e-4 }},
		"0.0002":             {"LEARNING_RATE: 0.0002", func(c *Config) { c.LearningRate = 2e-4 }},
		"int for a float":    {"LAMBDA_GP: 3", func(c *Config) { c.LambdaGP = 3 }},
		"minus zero":         {"LAMBDA_GP: -0", func(c *Config) { c.LambdaGP = 0 }},
		"quoted int":         {"BATCH_SIZE: '16'", func(c *Config) { c.BatchSize = 16 }},
		"quoted key":         {`"BATCH_SIZE": 16`, func(c *Config) { c.BatchSize = 16 }},
		"trailing comment":   {"BATCH_SIZE: 16 # small", func(c *Config) { c.BatchSize = 16 }},
		"CRLF":               {"BATCH_SIZE: 16\r\n\r\nZ_DIM: 7\r\n", func(c *Config) { c.BatchSize, c.ZDim = 16, 7 }},
		"byte order mark":    {"\ufeffBATCH_SIZE: 16\n", func(c *Config) { c.BatchSize = 16 }},
		"document signs":     {"---\nBATCH_SIZE: 16\n...\n", func(c *Config) { c.BatchSize = 16 }},
		"bool":               {"FLIP: true\nSHUFFLE: False", func(c *Config) { c.Flip, c.Shuffle = true, false }},
		"seed":               {"SEED: 9223372036854775807", func(c *Config) { c.Seed = 1<<63 - 1 }},
		"digits as a name":   {"DATA_NAME: 007", func(c *Config) { c.DataName = "007" }},
		"a name with spaces": {"DATA_NAME: my own cats", func(c *Config) { c.DataName = "my own cats" }},
		"a Windows path":     {`DATA_ROOT: C:\data`, func(c *Config) { c.DataRoot = `C:\data` }},
		"second GPU":         {"DEVICE: cuda:1", func(c *Config) { c.Device = "cuda:1" }},
		"range":              {"DATA_RANGE: 0..1", func(c *Config) { c.DataRange = RangeUnit }},
		"range, short":       {"DATA_RANGE: 01", func(c *Config) { c.DataRange = RangeUnit }},
		"range, negative":    {"DATA_RANGE: -1..1", func(*Config) {}},
		"steps":              {"CHECKPOINT_EVERY: 500", func(c *Config) { c.CheckpointEvery = EverySteps(500) }},
		"epoch":              {"LOG_EVERY: epoch", func(c *Config) { c.LogEvery = EveryEpochs(1) }},
		"duration":           {"CHECKPOINT_EVERY: 10m", func(c *Config) { c.CheckpointEvery = EveryTime(10 * time.Minute) }},
		"epochs":             {"SAMPLE_EVERY: 25 epochs", func(c *Config) { c.SampleEvery = EveryEpochs(25) }},
		"never":              {"SAMPLE_EVERY: never", func(c *Config) { c.SampleEvery = Every{} }},
		"0 is never":         {"SAMPLE_EVERY: 0", func(c *Config) { c.SampleEvery = Every{} }},
		"reuse of catfaces":  {"GEN_NOISE: reuse", func(c *Config) { c.GenNoise = ReuseFake }},
		"no switches":        {"COMPAT: []", func(*Config) {}},
		"a flow list": {"COMPAT: [log-axis, reuse-batch]", func(c *Config) {
			c.Compat, c.CriticBatches = mustCompat(t, SwitchLogAxis, SwitchReuseBatch), Reuse
		}},
		"a block list": {"COMPAT:\n  - log-axis\n  - log-folders\n", func(c *Config) {
			c.Compat = mustCompat(t, SwitchLogAxis, SwitchLogFolders)
		}},
		"a single switch": {"COMPAT: log-axis", func(c *Config) { c.Compat = mustCompat(t, SwitchLogAxis) }},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			want := base(t, "catfaces")
			tt.change(&want)
			got, err := load(t, tt.text)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func mustCompat(t testing.TB, names ...Switch) Compat {
	t.Helper()
	c, err := NewCompat(names...)
	require.NoError(t, err)
	return c
}

func TestLoadErrors(t *testing.T) {
	const every = `a number of generator steps, epoch, "N epochs", a time such as 10m (at least 1s), or never`
	cases := map[string]struct {
		text string
		want []string
	}{
		"unknown key":       {"NUM_EPOCHS: 3\nLEARNING_RAT: 1", []string{"f.yaml:2:1: LEARNING_RAT: unknown key; did you mean LEARNING_RATE?"}},
		"letter case":       {"batch_size: 3", []string{"f.yaml:1:1: batch_size: unknown key; did you mean BATCH_SIZE?"}},
		"swapped letters":   {"BTACH_SIZE: 3", []string{"f.yaml:1:1: BTACH_SIZE: unknown key; did you mean BATCH_SIZE?"}},
		"empty key":         {`"": 3`, []string{`f.yaml:1:1: "": unknown key; did you mean RHO?`}},
		"duplicate key":     {"Z_DIM: 3\n\nZ_DIM: 3", []string{"f.yaml:3:1: Z_DIM: given twice, first in line 1"}},
		"float for an int":  {"BATCH_SIZE: 32.0", []string{`f.yaml:1:13: BATCH_SIZE: got "32.0", want an integer from 1 to 65536`}},
		"too small":         {"BATCH_SIZE: 0", []string{`f.yaml:1:13: BATCH_SIZE: got "0", want an integer from 1 to 65536`}},
		"too large":         {"BATCH_SIZE: 65537", []string{`f.yaml:1:13: BATCH_SIZE: got "65537", want an integer from 1 to 65536`}},
		"far too large":     {"BATCH_SIZE: 99999999999999999999", []string{`f.yaml:1:13: BATCH_SIZE: got "99999999999999999999", want an integer from 1 to 65536`}},
		"features":          {"FEATURES_GEN: 4097", []string{`f.yaml:1:15: FEATURES_GEN: got "4097", want an integer from 1 to 4096`}},
		"noise":             {"Z_DIM: 65537", []string{`f.yaml:1:8: Z_DIM: got "65537", want an integer from 1 to 65536`}},
		"hexadecimal":       {"Z_DIM: 0x10", []string{`f.yaml:1:8: Z_DIM: got "0x10", want an integer from 1 to 65536`}},
		"seed":              {"SEED: -1", []string{`f.yaml:1:7: SEED: got "-1", want an integer from 0 to 9223372036854775807`}},
		"word for a number": {"LEARNING_RATE: fast", []string{`f.yaml:1:16: LEARNING_RATE: got "fast", want a number above 0, at most 1000`}},
		"zero rate":         {"LEARNING_RATE: 0", []string{`f.yaml:1:16: LEARNING_RATE: got "0", want a number above 0, at most 1000`}},
		"infinite":          {"LAMBDA_GP: .inf", []string{`f.yaml:1:12: LAMBDA_GP: got ".inf", want a number from 0 to 1000000`}},
		"not a number":      {"LAMBDA_GP: .nan", []string{`f.yaml:1:12: LAMBDA_GP: got ".nan", want a number from 0 to 1000000`}},
		"NaN in Go's words": {"LAMBDA_GP: NaN", []string{`f.yaml:1:12: LAMBDA_GP: got "NaN", want a number from 0 to 1000000`}},
		"beta 1":            {"BETA1: 1", []string{`f.yaml:1:8: BETA1: got "1", want a number from 0 to below 1`}},
		"not a bool":        {"FLIP: 1", []string{`f.yaml:1:7: FLIP: got "1", want true or false`}},
		"choice":            {"INIT: dcgan-zer", []string{`f.yaml:1:7: INIT: got "dcgan-zer", want pytorch, dcgan, dcgan-zero or glorot; did you mean dcgan-zero?`}},
		"choice, far off":   {"GRID_RANGE: wxyz", []string{`f.yaml:1:13: GRID_RANGE: got "wxyz", want fixed or minmax`}},
		"variant":           {"VARIANT: wgan-pg", []string{`f.yaml:1:10: VARIANT: got "wgan-pg", want gan-bce, wgan-clip, wgan-gp or lsgan; did you mean wgan-gp?`}},
		"preset": {"PRESET: catface", []string{`f.yaml:1:9: PRESET: got "catface", want mnist-mlp-wgangp, mnist-mlp-bce, dcgan16, keras-wgan, catfaces, ` +
			`catfaces_1, catfaces_2, catfaces_3, celeba, catfaces_128, celeba_128, toy-8gaussians, toy-25gaussians or toy-swissroll; did you mean catfaces?`}},
		"switch":           {"COMPAT: [log-axis, data01]", []string{`f.yaml:1:20: COMPAT: got "data01", want all, none or a list of compat switches; did you mean data-01?`}},
		"foreign switch":   {"COMPAT: data-01", []string{`f.yaml:1:9: COMPAT: got "data-01", which does not apply to catfaces, want reuse-batch, reuse-fake, init-dcgan-zero, checkpoint-start, log-folders, log-axis, grid-train-mode or grid-minmax`}},
		"device":           {"DEVICE: gpu", []string{`f.yaml:1:9: DEVICE: got "gpu", want auto, cpu, cuda, cuda:N or ptxsim`}},
		"device number":    {"DEVICE: cuda:x", []string{`f.yaml:1:9: DEVICE: got "cuda:x", want auto, cpu, cuda, cuda:N or ptxsim`}},
		"folder":           {"DATA_NAME: ../cats", []string{`f.yaml:1:12: DATA_NAME: got "../cats", want a folder name, without / \ :`}},
		"parent folder":    {"DATA_NAME: ..", []string{`f.yaml:1:12: DATA_NAME: got "..", want a folder name, without / \ :`}},
		"interval":         {"LOG_EVERY: often", []string{`f.yaml:1:12: LOG_EVERY: got "often", want ` + every}},
		"short interval":   {"LOG_EVERY: 10ms", []string{`f.yaml:1:12: LOG_EVERY: got "10ms", want ` + every}},
		"no value":         {"Z_DIM:", []string{"f.yaml:1:1: Z_DIM: got no value, want an integer from 1 to 65536"}},
		"null":             {"DATA_NAME: ~", []string{`f.yaml:1:12: DATA_NAME: got no value, want a folder name, without / \ :`}},
		"a list":           {"Z_DIM: [1, 2]", []string{"f.yaml:1:8: Z_DIM: got a list, want an integer from 1 to 65536"}},
		"an empty list":    {"Z_DIM: []", []string{"f.yaml:1:8: Z_DIM: got a list, want an integer from 1 to 65536"}},
		"a list as preset": {"PRESET: [a]", []string{"f.yaml:1:9: PRESET: got a list, want " + list(Presets())}},
		"a mapping":        {"Z_DIM:\n  A: 1", []string{"f.yaml:2:4: Z_DIM: got a mapping, want an integer from 1 to 65536"}},
		"a list in a list": {"COMPAT: [[a]]", []string{"f.yaml:1:9: COMPAT: got a list, want all, none or a list of compat switches"}},
		"image size":       {"IMAGE_SIZE: 100", []string{"f.yaml:1:13: IMAGE_SIZE: got 100, want a power of two from 16 to 1024"}},
		"channels":         {"CHANNELS_IMG: 4", []string{"f.yaml:1:15: CHANNELS_IMG: got 4, want 1 (grey) or 3 (colour)"}},
		"clip missing":     {"VARIANT: wgan-clip\nCLIP_VALUE: 0", []string{"f.yaml:2:13: CLIP_VALUE: got 0, want a number above 0: wgan-clip clips the critic's parameters to it"}},
		"blame the cause":  {"PRESET: toy-swissroll\nDATA_SIZE: 9\nDROP_LAST: true", []string{"f.yaml:2:12: DATA_SIZE: got 9, want at least BATCH_SIZE, 256, or DROP_LAST false: no batch would be left"}},
		"no space":         {"Z_DIM:1", []string{`f.yaml:1:1: got "Z_DIM:1", want lines of the form KEY: VALUE, with a space after the colon`}},
		"a list as file":   {"- Z_DIM", []string{`f.yaml:1:1: got "-", want lines of the form KEY: VALUE, with a space after the colon`}},
		"open quotes":      {"Z_DIM: 'x", []string{"f.yaml:1:8: not YAML: could not find end character of single-quoted text"}},
		"two colons":       {"Z_DIM: 1: 2", []string{"f.yaml:1:8: not YAML: mapping value is not allowed in this context"}},
		"a tab":            {"\tZ_DIM: 1", []string{"f.yaml:1:6: not YAML: tab character cannot use as a map key directly"}},
		"anchor and alias": {"Z_DIM: &a 3\nSEED: *a", []string{"f.yaml:1:8: anchors are not accepted", "f.yaml:2:7: aliases are not accepted; quote a value that begins with *"}},
		"merge key":        {"<<: 3", []string{"f.yaml:1:1: merge keys are not accepted"}},
		"tag":              {"Z_DIM: !!int 3", []string{"f.yaml:1:8: tags are not accepted; quote a value that begins with !"}},
		"directive":        {"%YAML 1.2\n---\nZ_DIM: 3", []string{"f.yaml:1:1: directives are not accepted", "f.yaml:2:1: want a single document"}},
		"complex key":      {"? Z_DIM\n: 3", []string{"f.yaml:1:1: complex keys are not accepted"}},
		"braces":           {"{Z_DIM: 3}", []string{"f.yaml:1:1: braces are not accepted; write one KEY: VALUE a line"}},
		"block text":       {"DATA_NAME: |\n  cats\n", []string{"f.yaml:1:12: block texts are not accepted"}},
		"two documents":    {"Z_DIM: 3\n---\nZ_DIM: 4", []string{"f.yaml:2:1: want a single document"}},
		"a second, ended":  {"Z_DIM: 3\n...\nZ_DIM: 4", []string{"f.yaml:2:1: want a single document"}},
		"Latin-1":          {"DATA_NAME: a\nDATA_ROOT: caf\xe9", []string{"f.yaml:2:15: not a text in UTF-8, or a control character"}},
		"control":          {"DATA_NAME: a\x00b", []string{"f.yaml:1:13: not a text in UTF-8, or a control character"}},
		"invisible":        {"DATA_NAME: \"a\\tb\"", []string{`f.yaml:1:12: DATA_NAME: got "a\tb", want a folder name, without / \ :`}},
		"long value":       {"INIT: " + strings.Repeat("é", 500), []string{`f.yaml:1:7: INIT: got "` + strings.Repeat("é", 48) + `…", want pytorch, dcgan, dcgan-zero or glorot`}},
		"long key":         {strings.Repeat("Z", 500) + ": 1", []string{`f.yaml:1:1: "` + strings.Repeat("Z", 48) + `…": unknown key; did you mean BATCH_SIZE?`}},
		"all at once": {"Z_DIM: 0\nNOISE: 1\nZ_DIM: 1\nCRITIC_NORM: batch\nBETA2: x\nINIT: 3\n", []string{
			`f.yaml:1:8: Z_DIM: got "0", want an integer from 1 to 65536`,
			"f.yaml:2:1: NOISE: unknown key; did you mean GEN_NOISE?",
			"f.yaml:3:1: Z_DIM: given twice, first in line 1",
			`f.yaml:4:14: CRITIC_NORM: got "batch", want instance, layer, layer-channel or none: with batch norm a sample's score depends on its batch, and the gradient penalty is no longer the paper's (FORCE: true accepts it)`,
			`f.yaml:5:8: BETA2: got "x", want a number from 0 to below 1`,
			`f.yaml:6:7: INIT: got "3", want pytorch, dcgan, dcgan-zero or glorot`,
		}},
		"a broken key starts no second problem": {"VARIANT: wgan-clipp\nCLIP_VALUE: 0.01", []string{
			`f.yaml:1:10: VARIANT: got "wgan-clipp", want gan-bce, wgan-clip, wgan-gp or lsgan; did you mean wgan-clip?`,
		}},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := load(t, tt.text)
			assert.Zero(t, got)
			assert.Equal(t, tt.want, problems(t, err))
		})
	}
}

// problems returns the lines of an *Error.
func problems(t testing.TB, err error) []string {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return lines
}

func TestErrorText(t *testing.T) {
	_, err := load(t, "A: 1")
	assert.EqualError(t, err, "config: f.yaml:1:1: A: unknown key; did you mean RHO?")
	_, err = load(t, "Z_DIMM: 1\nSEED: x")
	assert.EqualError(t, err, "config: 2 problems\n\tf.yaml:1:1: Z_DIMM: unknown key; did you mean Z_DIM?\n\tf.yaml:2:7: SEED: got \"x\", want an integer from 0 to 9223372036854775807")
	var p Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, Problem{File: "f.yaml", Line: 1, Column: 1, Key: "Z_DIMM", Detail: "unknown key", Nearest: "Z_DIM"}, p)
}

func TestManyProblems(t *testing.T) {
	_, err := load(t, strings.Repeat("A: 1\n", 1000))
	lines := problems(t, err)
	require.Len(t, lines, maxProblems+1)
	assert.Equal(t, "f.yaml: and 900 more", lines[maxProblems])
}

// Hostile files are refused before the parser, whose time and depth would follow them.
func TestLimits(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"too large":   {strings.Repeat(" ", maxFileBytes+1), "f.yaml: larger than 65536 bytes"},
		"long line":   {"Z_DIM: 3\nDATA_NAME: \"" + strings.Repeat("\t", maxLineBytes), "f.yaml:2:1: a line of more than 8192 bytes"},
		"many keys":   {strings.Repeat("A: 1\n", 4000), "f.yaml: more than 10000 words and signs"},
		"deep lists":  {"COMPAT: " + strings.Repeat("[[[[[[[[[[\n", 1100), "f.yaml: more than 10000 words and signs"},
		"deep blocks": {strings.Repeat("- - - -\n", 4000), "f.yaml: more than 10000 words and signs"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.text)
			assert.Equal(t, []string{tt.want}, problems(t, err))
		})
	}
	t.Run("deep, below the limit", func(t *testing.T) {
		for _, text := range []string{strings.Repeat("[", 4000) + strings.Repeat("]", 4000), "\n" + strings.Repeat("- ", 4000)} {
			_, err := load(t, "COMPAT: "+text)
			assert.Equal(t, "more than 8 lists in each other", strings.SplitN(problems(t, err)[0], ": ", 2)[1])
		}
		_, err := load(t, "COMPAT: [[[a]], [[b], [[c]]]]") // bad, but not for that
		assert.Contains(t, problems(t, err)[0], "COMPAT: got a list, want")
		_, err = load(t, "COMPAT:\n"+strings.Repeat("-\n", 20))
		assert.Contains(t, problems(t, err)[0], "COMPAT: got no value, want")
	})
	t.Run("a large file of comments", func(t *testing.T) {
		_, err := load(t, strings.Repeat("# a comment\n", 5000)+"Z_DIM: 3")
		assert.NoError(t, err)
	})
}

func TestLoadReaderFails(t *testing.T) {
	cause := errors.New("disk on fire")
	_, err := Load(iotest.ErrReader(cause), "f.yaml", base(t, "catfaces"))
	require.ErrorIs(t, err, cause)
	assert.EqualError(t, err, "config: load f.yaml: disk on fire")
}

func TestLoadBase(t *testing.T) {
	changed := base(t, "catfaces")
	changed.ZDim = 7

	got, err := Load(strings.NewReader("PRESET: catfaces\nSEED: 3"), "f", changed)
	require.NoError(t, err)
	assert.Equal(t, 7, got.ZDim, "the same preset keeps base")

	got, err = Load(strings.NewReader("PRESET: celeba"), "f", changed)
	require.NoError(t, err)
	assert.Equal(t, base(t, "celeba"), got, "another preset replaces base")

	_, err = Load(strings.NewReader(""), "f", Config{})
	assert.Equal(t, []string{"PRESET: missing, want " + list(Presets())}, problems(t, err))

	compat, err := Resolve(Sources{Sets: []string{"COMPAT=reuse-batch,log-axis"}})
	require.NoError(t, err)
	got, err = Load(strings.NewReader("CRITIC_BATCHES: fresh"), "f", compat)
	require.NoError(t, err)
	assert.Equal(t, with(base(t, "catfaces"), func(c *Config) { c.Compat = mustCompat(t, SwitchLogAxis) }), got, "a given key beats base's switch")

	changed.ZDim = 0
	_, err = Load(strings.NewReader("SEED: 3"), "f", changed)
	assert.Equal(t, []string{`Z_DIM: got "0", want an integer from 1 to 65536`}, problems(t, err))

	_, err = Load(bytes.NewReader([]byte("VARIANT: mine")), "f", base(t, "catfaces"), "mine")
	assert.NoError(t, err, "a variant that the program adds")
	_, err = Load(bytes.NewReader([]byte("VARIANT: mini")), "f", base(t, "catfaces"), "mine")
	assert.Equal(t, []string{`f:1:10: VARIANT: got "mini", want gan-bce, wgan-clip, wgan-gp, lsgan or mine; did you mean mine?`}, problems(t, err))
}
