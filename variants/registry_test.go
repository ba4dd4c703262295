package variants_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/variants"
	_ "ganlib/variants/all"
)

func TestNames(t *testing.T) {
	names := variants.Names()
	assert.IsIncreasing(t, names)
	assert.Subset(t, names, []string{"gan-bce", "lsgan", "wgan-clip", "wgan-gp"})
}

func TestUnknownVariant(t *testing.T) {
	_, err := variants.New("wgan", variants.Networks{}, variants.Settings{})
	require.ErrorIs(t, err, variants.ErrUnknown)
	assert.ErrorContains(t, err, `"wgan"`)
	for _, name := range variants.Names() {
		assert.ErrorContains(t, err, name)
	}
}

func TestRegisterPanics(t *testing.T) {
	open := func(variants.Networks, variants.Settings) (variants.Variant, error) { return nil, nil }
	assert.PanicsWithValue(t, "variants: Register called twice for wgan-gp", func() { variants.Register("wgan-gp", open) })
	assert.Panics(t, func() { variants.Register("", open) })
	assert.Panics(t, func() { variants.Register("nothing", nil) })
	_, err := variants.New("nothing", variants.Networks{}, variants.Settings{})
	assert.ErrorIs(t, err, variants.ErrUnknown)
}
