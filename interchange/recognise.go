package interchange

import (
	"errors"
	"fmt"
	"strings"

	"ganlib/config"
)

// errUnknown is the error of find for a file in which nothing is called like a tensor of the network.
var errUnknown = errors.New("no state dict with a tensor")

// Recognise returns the preset that the generator in file belongs to: of the systems that make images, the first
// whose generator fits, or rather the first whose critic fits too. Presets of one system are one to it, and so are
// the multilayer perceptrons of a file without a critic: the samples are the same. If none fits, the error is
// [ErrNoGenerator] and says what was missing or of another shape.
func Recognise(file *File) (preset string, err error) {
	var reasons []string
	tried := map[string]bool{}
	for _, name := range config.Presets() {
		c, err := config.Preset(name)
		info, infoErr := config.Describe(name)
		if err := errors.Join(err, infoErr); err != nil {
			return "", fmt.Errorf("interchange: %w", err)
		}
		if tried[info.Networks] || info.Networks == config.NetToy {
			continue
		}
		tried[info.Networks] = true
		_, sized, err := find(file, c, info.Networks, generatorOf)
		var sizes *config.Error
		switch {
		case errors.Is(err, errUnknown):
			continue
		case errors.As(err, &sizes):
			reasons = append(reasons, name+": tensors of other shapes")
			continue
		case err != nil:
			reasons = append(reasons, fmt.Sprintf("%s: %v", name, err))
			continue
		case preset == "":
			preset = name
		}
		if _, _, err := find(file, sized, info.Networks, criticOf); err == nil {
			return name, nil
		}
	}
	switch {
	case preset != "":
		return preset, nil
	case len(reasons) == 0:
		return "", fmt.Errorf("interchange: any preset: %w: no tensors of such names", ErrNoGenerator)
	}
	return "", fmt.Errorf("interchange: any preset: %w: %s", ErrNoGenerator, strings.Join(reasons, "; "))
}
