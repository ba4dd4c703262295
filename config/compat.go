package config

import (
	"fmt"
	"slices"
	"strings"
)

// Switch is the name of one error of a tutorial, as written in COMPAT.
type Switch string

// The switches. Those whose comment names keys set the keys; training code reads the keys. The
// others are asked for with [Compat.Has].
const (
	SwitchPerPixelNorm     Switch = "per-pixel-norm"     // penalty norm over the channels of each pixel
	SwitchAdamDefaults     Switch = "adam-defaults"      // LEARNING_RATE, BETA1, BETA2
	SwitchData01           Switch = "data-01"            // DATA_RANGE
	SwitchReuseBatch       Switch = "reuse-batch"        // CRITIC_BATCHES
	SwitchReuseNoise       Switch = "reuse-noise"        // GEN_NOISE
	SwitchReuseFake        Switch = "reuse-fake"         // GEN_NOISE
	SwitchInitDCGANZero    Switch = "init-dcgan-zero"    // INIT
	SwitchCheckpointStart  Switch = "checkpoint-start"   // checkpoints at the start of an epoch only
	SwitchLogFolders       Switch = "log-folders"        // folder names of the two critic curves swapped
	SwitchLogAxis          Switch = "log-axis"           // x of the curves counts hundreds of batches
	SwitchGridTrainMode    Switch = "grid-train-mode"    // grids with batch statistics, updating the buffers
	SwitchGridMinMax       Switch = "grid-minmax"        // GRID_RANGE
	SwitchInitPyTorch      Switch = "init-pytorch"       // INIT
	SwitchSigmoidBCE       Switch = "sigmoid-bce"        // sigmoid and clamped logarithms instead of logits
	SwitchLogLastBatch     Switch = "log-last-batch"     // last batch's losses, sample from its noise
	SwitchMSELoss          Switch = "mse-loss"           // least squares in wgan-clip; LSGAN_A, _B, _C, _FACTOR
	SwitchSingleCriticStep Switch = "single-critic-step" // CRITIC_ITERATIONS
	SwitchSplitCriticStep  Switch = "split-critic-step"  // one optimiser step on real, one on fake, one clip
	SwitchPredictFakes     Switch = "predict-fakes"      // the critic's fakes by the generator in eval mode
	SwitchFileOrder        Switch = "file-order"         // BATCH_SIZE, SHUFFLE, DROP_LAST
	SwitchScoreRescaled    Switch = "score-rescaled"     // scoring sees 0.5x+0.5 instead of x
)

// setting is a value for a key, as text.
type setting struct{ key, text string }

// switchRow is what a switch is about.
type switchRow struct {
	name     Switch
	networks []string  // the networks whose tutorial has the error
	variant  string    // the variant that it belongs to; empty for any
	sets     []setting // the values it stands for
	behaves  bool      // it also is behaviour, asked for with Has
	doc      string
}

// effective reports whether the switch changes anything in c: it is behaviour, or one of its keys has
// its value.
func (row switchRow) effective(c Config) bool {
	return row.behaves || slices.ContainsFunc(row.sets, func(s setting) bool { return c.text(s.key) == s.text })
}

// switchTable holds the switches in the order of Compat's bits, which is also that of its text.
var switchTable = []switchRow{
	{SwitchPerPixelNorm, []string{NetMLP}, VariantGP, nil, true, "the penalty takes one gradient norm per pixel, over the channels, instead of one per image"},
	{SwitchAdamDefaults, []string{NetMLP}, "", []setting{{"LEARNING_RATE", "5.0e-5"}, {"BETA1", "0.9"}, {"BETA2", "0.999"}}, false, "WGAN's RMSprop rate with Adam's usual betas"},
	{SwitchData01, []string{NetMLP, NetKeras}, "", []setting{{"DATA_RANGE", RangeUnit}}, false, "pixels in [0,1] although the generator ends in tanh"},
	{SwitchReuseBatch, []string{NetMLP, NetCatFaces}, "", []setting{{"CRITIC_BATCHES", Reuse}}, false, "all critic steps before a generator step see the same real images"},
	{SwitchReuseNoise, []string{NetMLP}, "", []setting{{"GEN_NOISE", ReuseNoise}}, false, "the generator step reuses the last critic step's z"},
	{SwitchReuseFake, []string{NetCatFaces}, "", []setting{{"GEN_NOISE", ReuseFake}}, false, "the generator step reuses the last critic step's fake images, without a new pass"},
	{SwitchInitDCGANZero, []string{NetCatFaces}, "", []setting{{"INIT", InitDCGANZero}}, false, "batch norm scales start around 0 instead of 1"},
	{SwitchCheckpointStart, []string{NetCatFaces}, "", nil, true, "checkpoints at the start of each epoch only; the last epoch is never saved"},
	{SwitchLogFolders, []string{NetCatFaces}, "", nil, true, "the critic loss with penalty goes to the folder original_criticLoss"},
	{SwitchLogAxis, []string{NetCatFaces}, "", nil, true, "the curves' x rises once per 100 batches, and every critic step writes a point"},
	{SwitchGridTrainMode, []string{NetCatFaces}, "", nil, true, "grids are made with batch statistics and update the running ones"},
	{SwitchGridMinMax, []string{NetCatFaces}, "", []setting{{"GRID_RANGE", GridMinMax}}, false, "each grid's contrast is stretched to its own smallest and largest value"},
	{SwitchInitPyTorch, []string{NetDCGAN16}, "", []setting{{"INIT", InitPyTorch}}, false, "PyTorch's default initialisation"},
	{SwitchSigmoidBCE, []string{NetDCGAN16, NetMLPBCE}, VariantBCE, nil, true, "sigmoid, then cross entropy with logarithms clamped at -100"},
	{SwitchLogLastBatch, []string{NetMLPBCE}, "", nil, true, "the epoch's line shows the last batch's losses, and its sample comes from that batch's noise"},
	{SwitchMSELoss, []string{NetKeras}, VariantClip, []setting{{"LSGAN_A", "-1"}, {"LSGAN_B", "1"}, {"LSGAN_C", "1"}, {"LSGAN_FACTOR", "1"}}, true, "mean squared error to +1 (real), -1 (fake), +1 (generator) instead of the Wasserstein loss"},
	{SwitchSingleCriticStep, []string{NetKeras}, "", []setting{{"CRITIC_ITERATIONS", "1"}}, false, "one critic step per generator step"},
	{SwitchSplitCriticStep, []string{NetKeras}, VariantClip, nil, true, "an optimiser step on the real batch, another on the fake one, then one clip"},
	{SwitchPredictFakes, []string{NetKeras}, "", nil, true, "the critic's fakes come from the generator in inference mode"},
	{SwitchFileOrder, []string{NetKeras}, "", []setting{{"BATCH_SIZE", "128"}, {"SHUFFLE", "false"}, {"DROP_LAST", "true"}}, false, "batches of 128 in file order; the images after the last full batch are never seen"},
	{SwitchScoreRescaled, []string{NetKeras}, "", nil, true, "images are scored as 0.5x+0.5"},
}

// Compat is a set of switches. It is comparable; the zero value is the empty set.
type Compat struct{ bits uint32 }

// compatAll stands for the word all until the preset is known.
var compatAll = Compat{1 << 31}

// NewCompat returns the set of the given switches. An unknown name is an error that gives the
// nearest one.
func NewCompat(names ...Switch) (Compat, error) {
	var c Compat
	for _, name := range names {
		if !c.add(name) {
			return Compat{}, fmt.Errorf("config: new compat set: unknown switch %s; did you mean %s?", quote(string(name)), nearest(string(name), switchNames(nil)))
		}
	}
	return c, nil
}

// Has reports whether s is in the set.
func (c Compat) Has(s Switch) bool {
	i := switchIndex(s)
	return i >= 0 && c.bits>>i&1 == 1
}

// Switches returns the set's members in the order of [Config]'s documentation.
func (c Compat) Switches() []Switch {
	var names []Switch
	for _, row := range switchTable {
		if c.Has(row.name) {
			names = append(names, row.name)
		}
	}
	return names
}

// String returns the members, separated by commas, or none.
func (c Compat) String() string {
	switch names := c.Switches(); {
	case c == compatAll:
		return "all"
	case len(names) == 0:
		return "none"
	default:
		return strings.Join(words(names), ",")
	}
}

func (c *Compat) add(s Switch) bool {
	i := switchIndex(s)
	if i >= 0 {
		c.bits |= 1 << i
	}
	return i >= 0
}

func (c *Compat) remove(s Switch) { c.bits &^= 1 << switchIndex(s) }

func switchIndex(s Switch) int {
	return slices.IndexFunc(switchTable, func(row switchRow) bool { return row.name == s })
}

// Switches returns the switches that apply to a preset, the ones that COMPAT: all stands for. An
// unknown preset has none, nor has one that reproduces no tutorial.
func Switches(preset string) []Switch {
	row, ok := presetNamed(preset)
	if !ok {
		return nil
	}
	var names []Switch
	for _, s := range switchTable {
		if slices.Contains(s.networks, row.info.Networks) {
			names = append(names, s.name)
		}
	}
	return names
}

// AllSwitches returns every switch, in the order of [Config]'s documentation.
func AllSwitches() []Switch {
	names := make([]Switch, len(switchTable))
	for i, row := range switchTable {
		names[i] = row.name
	}
	return names
}

// Doc says in one sentence what the tutorial does. It is empty for an unknown switch.
func (s Switch) Doc() string {
	if i := switchIndex(s); i >= 0 {
		return switchTable[i].doc
	}
	return ""
}

// switchNames returns the names of the rows that pass, all for a nil test.
func switchNames(pass func(switchRow) bool) []string {
	var names []string
	for _, row := range switchTable {
		if pass == nil || pass(row) {
			names = append(names, string(row.name))
		}
	}
	return names
}

func words(names []Switch) []string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return texts
}

// MarshalText implements [encoding.TextMarshaler].
func (c Compat) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. It reads what [Compat.String] writes.
func (c *Compat) UnmarshalText(text []byte) error {
	var got Compat
	f := switches{}.parse(&got, []string{string(text)})
	if f != nil || got == compatAll {
		return fmt.Errorf("config: compat set: got %s, want none or a list of switches", quote(string(text)))
	}
	*c = got
	return nil
}

// switches is the domain of [Compat]: all, none, or a list of names.
type switches struct{}

func (d switches) kind() string { return "list" }

func (d switches) want() string { return "all, none or a list of compat switches" }

func (d switches) parse(at any, texts []string) *fault {
	var c Compat
	if len(texts) == 1 { // "a,b" on the command line
		texts = strings.Split(texts[0], ",")
	}
	for i, text := range texts {
		word := strings.TrimSpace(text)
		if len(texts) == 1 && (word == "all" || word == "none") {
			if word == "all" {
				c = compatAll
			}
			break
		}
		if !c.add(Switch(word)) {
			f := wrong(d, word)
			f.nearest, f.item = nearest(word, switchNames(nil)), i
			return f
		}
	}
	*at.(*Compat) = c
	return nil
}

func (d switches) format(at any) string { return at.(*Compat).String() }

func (d switches) valid(at any) bool { return *at.(*Compat) != compatAll }
