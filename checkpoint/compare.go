package checkpoint

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/variants"
)

// Difference is a tensor, or a text of the metadata, that is not the same in two states.
type Difference struct {
	Name  string // of the tensor, or the key
	A, B  string // the two texts, or shapes; empty if numbers differ
	Count int    // numbers that differ
	Of    int    // numbers that there are
	ULP   uint64 // the largest distance of two, in units in the last place; 0 if only signs of zeros differ
}

// String says what differs.
func (d Difference) String() string {
	if d.Of == 0 {
		return fmt.Sprintf("%s is %s and %s", d.Name, d.A, d.B)
	}
	return fmt.Sprintf("%s: %d of %d numbers, by up to %d ulp", d.Name, d.Count, d.Of, d.ULP)
}

// Compare returns what differs between the checkpoint (A) and the state of a training with the noise of its
// fixed sample grids (B), the configuration left out. Bits are compared. A tensor that is not what was written
// gives [ErrDamaged].
func (c *Checkpoint) Compare(t *variants.Trainer, fixed *device.Tensor) ([]Difference, error) {
	if err := t.Variant().Networks().Generator.Device().Sync(); err != nil {
		return nil, fmt.Errorf("checkpoint: compare: %w", err)
	}
	list := stateOf(t.Variant())
	tensors, err := stateTensors(list, fixed)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: compare: %w", err)
	}
	all := compareTexts(state(c.meta), state(metadata(t, nil)))
	names := c.file.Names()
	for _, b := range tensors {
		i := slices.Index(names, b.Name)
		if i < 0 {
			all = append(all, Difference{Name: b.Name, A: "missing", B: "there"})
			continue
		}
		names = slices.Delete(names, i, i+1)
		values, err := numbersOf(b)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: compare: %w", err)
		}
		if all, err = c.compareTensor(all, b.Name, b.Shape, values); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		all = append(all, Difference{Name: name, A: "there", B: "missing"})
	}
	return all, nil
}

// CompareTo returns what differs between two checkpoints, c (A) and other (B), their configurations included.
func (c *Checkpoint) CompareTo(other *Checkpoint) ([]Difference, error) {
	all := compareTexts(common(c.meta), common(other.meta))
	names := map[string]bool{}
	for _, n := range append(c.file.Names(), other.file.Names()...) {
		names[n] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		_, a := c.file.Info(name)
		info, b := other.file.Info(name)
		if !a || !b {
			all = append(all, Difference{Name: name, A: presence(a), B: presence(b)})
			continue
		}
		values, err := other.numbers(name)
		if err != nil {
			return nil, err
		}
		if all, err = c.compareTensor(all, name, info.Shape, values); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func presence(there bool) string {
	if there {
		return "there"
	}
	return "missing"
}

// compareTensor adds what differs between a tensor of the checkpoint and another of its name.
func (c *Checkpoint) compareTensor(all []Difference, name string, shape []int, values []float32) ([]Difference, error) {
	if info, _ := c.file.Info(name); !slices.Equal(info.Shape, shape) {
		return append(all, Difference{Name: name, A: fmt.Sprint(info.Shape), B: fmt.Sprint(shape)}), nil
	}
	own, err := c.numbers(name)
	if err != nil {
		return nil, err
	}
	d := Difference{Name: name, Of: len(own)}
	for i, v := range own {
		if math.Float32bits(v) != math.Float32bits(values[i]) {
			d.Count++
			d.ULP = max(d.ULP, ULP(v, values[i]))
		}
	}
	if d.Count > 0 {
		all = append(all, d)
	}
	return all, nil
}

// numbers reads a tensor, counts as numbers too.
func (c *Checkpoint) numbers(name string) ([]float32, error) {
	if err := c.checkTensor(name); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", c.path, err)
	}
	if info, _ := c.file.Info(name); info.DType == safetensors.I64 {
		counts, _, err := c.file.Int64s(name)
		if err != nil {
			return nil, fmt.Errorf("checkpoint: %s: %w", c.path, err)
		}
		return float32s(counts), nil
	}
	values, _, err := c.file.Float32s(name)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", c.path, err)
	}
	return values, nil
}

// numbersOf returns the numbers of a tensor to be written.
func numbersOf(t safetensors.Tensor) ([]float32, error) {
	switch v := t.Data.(type) {
	case safetensors.Floats:
		return v()
	case []float32:
		return v, nil
	case []int64:
		return float32s(v), nil
	}
	return nil, fmt.Errorf("tensor %q: data of type %T: want []float32 or []int64", t.Name, t.Data)
}

func float32s(counts []int64) []float32 {
	values := make([]float32, len(counts))
	for i, n := range counts {
		values[i] = float32(n)
	}
	return values
}

// common returns the metadata that equal states have in common.
func common(meta map[string]string) map[string]string {
	m := maps.Clone(meta)
	for _, key := range []string{tensorSums, headerSum, "format_version"} {
		delete(m, key)
	}
	return m
}

// state is common without the configuration.
func state(meta map[string]string) map[string]string {
	m := common(meta)
	maps.DeleteFunc(m, func(key, _ string) bool { return strings.HasPrefix(key, configPrefix) })
	return m
}

func compareTexts(a, b map[string]string) (all []Difference) {
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if a[key] != b[key] {
			all = append(all, Difference{Name: key, A: fmt.Sprintf("%q", a[key]), B: fmt.Sprintf("%q", b[key])})
		}
	}
	return all
}

// ULP returns the distance of two numbers in units in the last place: how many float32 numbers lie from one to
// the other. It is 0 for zeros of different signs.
func ULP(a, b float32) uint64 {
	place := func(v float32) int64 {
		i := int64(int32(math.Float32bits(v)))
		if i < 0 {
			i = math.MinInt32 - i
		}
		return i
	}
	d := place(a) - place(b)
	return uint64(max(d, -d))
}
