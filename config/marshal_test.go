package config

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// configurations returns all presets, plain and in compat, and one with every odd value.
func configurations(t *testing.T) map[string]Config {
	all := map[string]Config{}
	for _, name := range Presets() {
		all[name] = base(t, name)
		if len(Switches(name)) > 0 {
			c, err := Resolve(Sources{Preset: name, Sets: []string{"COMPAT=all"}})
			require.NoError(t, err)
			all[name+", compat"] = c
		}
	}
	all["odd"] = with(base(t, "catfaces"), func(c *Config) {
		c.Variant, c.Seed, c.DataName, c.DataRoot = "my-own-2", 1<<63-1, "it's #1, ünï", `C:\a "b" {c}`
		c.LearningRate, c.Beta1, c.GPEps, c.LSGANA = 1.0/3, 5e-324, 1e-10, -123456.789
		c.Device, c.CheckpointEvery, c.LogEvery, c.SampleEvery = "cuda:3", EveryTime(90*time.Minute), Every{}, EveryEpochs(7)
	})
	for _, word := range []string{"true", "No", "null", "~", "1e5", "0x1", "-", "a b", "'", "''", "&a", "*a", "!a", "# a", "-a", "?", "%a", "@a", "`a", "[a]", "{a}", "|", ">", "a'b", "2026-11-23", "=", "<<", "..."} {
		all["name "+word] = with(base(t, "catfaces"), func(c *Config) { c.DataName = word })
	}
	return all
}

func TestMarshalRoundTrip(t *testing.T) {
	for name, c := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.Validate())
			text := Marshal(c)
			assert.Equal(t, text, Marshal(c), "deterministic")
			for _, over := range []string{"toy-swissroll", "keras-wgan", "catfaces"} {
				got, err := Load(bytes.NewReader(text), "f", base(t, over), c.Variant)
				require.NoError(t, err)
				assert.Equal(t, c, got)
			}
			m := Map(c)
			assert.Len(t, m, len(Keys()))
			got, err := FromMap(m)
			require.NoError(t, err)
			assert.Equal(t, c, got)
			assert.Empty(t, Diff(c, got))
		})
	}
}

func TestMarshal(t *testing.T) {
	c, err := Resolve(Sources{Sets: []string{"COMPAT=log-axis,reuse-batch", "DATA_NAME=true", "LEARNING_RATE=5e-5", "DATA_RANGE=01"}})
	require.NoError(t, err)
	text := string(Marshal(c))
	for _, line := range []string{
		"PRESET: catfaces", "COMPAT: [reuse-batch, log-axis]", "FORCE: false", "SEED: 0", "LEARNING_RATE: 5.0e-5", "OPT_EPS: 1.0e-8", "LAMBDA_GP: 10",
		"DATA_NAME: 'true'", "DATA_RANGE: '0..1'", "DATA_ROOT: data", "LOG_EVERY: 100", "CHECKPOINT_EVERY: epoch", "CRITIC_BATCHES: reuse",
		"# images in a batch", "# int: an integer from 1 to 65536", "# ---- Networks ----",
	} {
		assert.Contains(t, text, "\n"+line+"\n")
	}
}

func TestFromMap(t *testing.T) {
	m := Map(base(t, "celeba"))
	delete(m, "LSGAN_A")
	got, err := FromMap(m)
	require.NoError(t, err, "a key that an older version did not have")
	assert.Equal(t, base(t, "celeba"), got)

	m["ZDIM"], m["SEED"], m["A"] = "1", "x", "2"
	_, err = FromMap(m)
	assert.Equal(t, []string{
		`SEED: got "x", want an integer from 0 to 9223372036854775807`,
		"A: unknown key; did you mean RHO?",
		"ZDIM: unknown key; did you mean Z_DIM?",
	}, problems(t, err))

	_, err = FromMap(nil)
	assert.Equal(t, []string{"PRESET: missing, want " + list(Presets())}, problems(t, err))
	_, err = FromMap(map[string]string{"PRESET": "celeb"})
	assert.Equal(t, []string{`PRESET: got "celeb", want ` + list(Presets()) + "; did you mean celeba?"}, problems(t, err))
}

func TestDiff(t *testing.T) {
	a := base(t, "catfaces")
	b := with(a, func(c *Config) {
		c.NumEpochs, c.Device, c.LogEvery, c.LearningRate, c.DataRoot = 20, "cpu", EveryEpochs(2), 2e-4, "x"
		c.Compat = mustCompat(t, SwitchLogAxis, SwitchLogFolders)
	})
	assert.Equal(t, []Difference{
		{"COMPAT", "none", "log-folders,log-axis", false},
		{"NUM_EPOCHS", "10", "20", true},
		{"DEVICE", "cuda", "cpu", true},
		{"LEARNING_RATE", "0.0001", "0.0002", false},
		{"DATA_ROOT", "data", "x", false},
		{"LOG_EVERY", "100", "2 epochs", true},
	}, Diff(a, b))
	assert.Empty(t, Diff(a, a))
	assert.Equal(t, "NUM_EPOCHS: 10, now 20", Diff(a, b)[1].String())
}

// Only these keys may change on resume.
func TestMayChange(t *testing.T) {
	var free []string
	for _, k := range Keys() {
		if k.MayChange {
			free = append(free, k.Name)
		}
	}
	assert.Equal(t, "NUM_EPOCHS DEVICE LOG_EVERY SAMPLE_EVERY CHECKPOINT_EVERY EXPORT_EVERY", strings.Join(free, " "))
}
