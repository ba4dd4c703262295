package config

import (
	"fmt"
	"slices"
)

// Validate checks a configuration: every value against its range, and the values against each other.
// The error is an [*Error] with all problems.
func (c Config) Validate() error {
	var r report
	for _, v := range c.violations() {
		r.add(origin{}.problem(v.keys[0], v.detail, ""))
	}
	return r.err()
}

// violation is a value that is out of range or does not go with others. The first key is the one to
// name; the others take part.
type violation struct {
	keys   []string
	detail string
}

// violations returns everything that is wrong with the configuration.
func (c Config) violations() []violation {
	var all []violation
	bad := map[string]bool{}
	for _, r := range rows {
		if at := r.field(&c); !r.domain.valid(at) {
			bad[r.name] = true
			all = append(all, violation{keys: []string{r.name}, detail: wrong(r.domain, r.domain.format(at)).detail})
		}
	}
	p, ok := presetNamed(c.Preset)
	if !ok {
		return all
	}
	for _, rule := range rules {
		if slices.ContainsFunc(rule.keys, func(key string) bool { return bad[key] }) {
			continue
		}
		if detail := rule.check(c, p.info); detail != "" {
			all = append(all, violation{keys: rule.keys, detail: detail})
		}
	}
	return all
}

// rule is a condition on several keys. check returns what is wrong, or nothing.
type rule struct {
	keys  []string
	check func(Config, Info) string
}

var rules = []rule{
	{[]string{"IMAGE_SIZE", "PRESET"}, checkImageSize},
	{[]string{"CHANNELS_IMG", "PRESET"}, checkChannels},
	{[]string{"CRITIC_NORM", "PRESET"}, checkCriticNorm},
	{[]string{"BIAS_BEFORE_NORM", "PRESET"}, checkBias},
	{[]string{"CRITIC_NORM", "VARIANT", "LAMBDA_GP", "FORCE"}, checkPenalty},
	{[]string{"CLIP_VALUE", "VARIANT"}, checkClip},
	{[]string{"GENERATOR_LOSS", "VARIANT"}, checkGeneratorLoss},
	{[]string{"COMPAT", "PRESET"}, checkCompatPreset},
	{[]string{"COMPAT", "VARIANT"}, checkCompatVariant},
	{[]string{"COMPAT"}, checkCompatValues},
	{[]string{"BATCH_SIZE", "PRESET"}, checkBatch},
	{[]string{"DATA_SIZE", "PRESET"}, checkPoints},
	{[]string{"DATA_SIZE", "BATCH_SIZE", "DROP_LAST"}, checkDropLast},
	{[]string{"FLIP", "PRESET"}, checkFlip},
}

func checkImageSize(c Config, p Info) string {
	got := fmt.Sprintf("got %d, want ", c.ImageSize)
	switch p.Networks {
	case NetCatFaces:
		if s := c.ImageSize; s < 16 || s > maxImage || s&(s-1) != 0 {
			return fmt.Sprintf("%sa power of two from 16 to %d", got, maxImage)
		}
	case NetDCGAN16:
		if c.ImageSize != 16 {
			return got + "16, the only size that the networks of dcgan16 fit"
		}
	case NetToy:
		if c.ImageSize != 0 {
			return got + "0: " + c.Preset + " has points instead of images"
		}
	default:
		if c.ImageSize != 28 {
			return got + "28, the size of MNIST's images"
		}
	}
	return ""
}

func checkChannels(c Config, p Info) string {
	got := fmt.Sprintf("got %d, want ", c.ChannelsImg)
	switch {
	case p.Source == DataPoints && c.ChannelsImg != 0:
		return got + "0: " + c.Preset + " has points instead of images"
	case p.Source == DataMNIST && c.ChannelsImg != 1:
		return got + "1: MNIST's images are grey"
	case p.Source == DataFolder && c.ChannelsImg != 1 && c.ChannelsImg != 3:
		return got + "1 (grey) or 3 (colour)"
	}
	return ""
}

func checkCriticNorm(c Config, p Info) string {
	if c.CriticNorm != NormNone && p.Networks != NetCatFaces && p.Networks != NetDCGAN16 {
		return fmt.Sprintf("got %q, want none: the critic of %s has no place for a normalisation", c.CriticNorm, c.Preset)
	}
	return ""
}

func checkBias(c Config, p Info) string {
	if c.BiasBeforeNorm && p.Networks != NetDCGAN16 {
		return "got true, want false: only dcgan16 has such biases"
	}
	return ""
}

func checkPenalty(c Config, _ Info) string {
	if c.CriticNorm == NormBatch && c.Variant == VariantGP && c.LambdaGP > 0 && !c.Force {
		return `got "batch", want instance, layer, layer-channel or none: with batch norm a sample's score depends on its batch, and the gradient penalty is no longer the paper's (FORCE: true accepts it)`
	}
	return ""
}

func checkClip(c Config, _ Info) string {
	switch {
	case c.Variant == VariantClip && c.ClipValue == 0:
		return "got 0, want a number above 0: wgan-clip clips the critic's parameters to it"
	case c.Variant != VariantClip && builtin(c.Variant) && c.ClipValue != 0:
		return fmt.Sprintf("got %s, want 0: %s does not clip", formatFloat(c.ClipValue), c.Variant)
	}
	return ""
}

func checkGeneratorLoss(c Config, _ Info) string {
	if c.GeneratorLoss == Saturating && c.Variant != VariantBCE && builtin(c.Variant) {
		return fmt.Sprintf(`got "saturating", want nonsaturating: %s has a single form`, c.Variant)
	}
	return ""
}

func checkCompatPreset(c Config, _ Info) string {
	applicable := Switches(c.Preset)
	for _, s := range c.Compat.Switches() {
		if slices.Contains(applicable, s) {
			continue
		}
		if len(applicable) == 0 {
			return fmt.Sprintf("got %q, want none: %s reproduces no tutorial and has no switches", s, c.Preset)
		}
		return fmt.Sprintf("got %q, which does not apply to %s, want %s", s, c.Preset, list(words(applicable)))
	}
	return ""
}

func checkCompatVariant(c Config, _ Info) string {
	for _, s := range c.Compat.Switches() {
		if row := switchTable[switchIndex(s)]; row.variant != "" && row.variant != c.Variant {
			return fmt.Sprintf("got %q, which applies to VARIANT %s, not to %s", s, row.variant, c.Variant)
		}
	}
	return ""
}

// checkCompatValues makes sure that [Compat.Has] tells the truth about a configuration made in code.
func checkCompatValues(c Config, _ Info) string {
	for _, s := range c.Compat.Switches() {
		if row := switchTable[switchIndex(s)]; slices.Contains(Switches(c.Preset), s) && !row.effective(c) {
			return fmt.Sprintf("got %q, which stands for %s %s, but %s is %s", s, row.sets[0].key, row.sets[0].text, row.sets[0].key, c.text(row.sets[0].key))
		}
	}
	return ""
}

func checkBatch(c Config, p Info) string {
	if c.BatchSize < 2 && p.Networks == NetKeras {
		return "got 1, want at least 2: the generator's batch norms need several samples"
	}
	return ""
}

func checkPoints(c Config, p Info) string {
	if c.DataSize == 0 && p.Source == DataPoints {
		return "got 0, want at least 1: the points are drawn, there is no whole set"
	}
	return ""
}

func checkDropLast(c Config, _ Info) string {
	if c.DropLast && c.DataSize > 0 && c.DataSize < c.BatchSize {
		return fmt.Sprintf("got %d, want at least BATCH_SIZE, %d, or DROP_LAST false: no batch would be left", c.DataSize, c.BatchSize)
	}
	return ""
}

func checkFlip(c Config, p Info) string {
	if c.Flip && p.Source == DataPoints {
		return "got true, want false: " + c.Preset + " has points instead of images"
	}
	return ""
}
