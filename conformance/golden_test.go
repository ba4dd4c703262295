package conformance_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/internal/enginetest"
)

// TestGolden compares every engine with reference results of PyTorch: one subtest for each case and
// engine, TestGolden/<case>/<engine>. A case is a folder of testdata/golden or testdata/golden-extra,
// or of the folder that the environment variable GANLIB_GOLDEN names.
func TestGolden(t *testing.T) {
	for _, folder := range goldenCases(t) {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			c, err := readGolden(folder)
			require.NoError(t, err)
			enginetest.Each(t, func(t *testing.T, e device.Engine) {
				assert.NoError(t, c.run(enginetest.CPU(t, e, 2)))
			})
		})
	}
}

// goldenCases returns the folders of all cases.
func goldenCases(t *testing.T) (cases []string) {
	t.Helper()
	folders := []string{filepath.Join("..", "testdata", "golden"), filepath.Join("..", "testdata", "golden-extra")}
	if folder := os.Getenv("GANLIB_GOLDEN"); folder != "" {
		folders = []string{folder}
	}
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, "*", "case.json"))
		require.NoError(t, err)
		require.NotEmpty(t, found, "no cases in %s", folder)
		for _, path := range found {
			cases = append(cases, filepath.Dir(path))
		}
	}
	return cases
}

// goldenHeader is what every case.json has; a kind adds its own fields.
type goldenHeader struct {
	Format int                `json:"format"`
	Name   string             `json:"name"`
	Torch  string             `json:"torch"`
	Seed   int                `json:"seed,omitempty"` // of the script that wrote the case
	Kind   string             `json:"kind"`
	Inputs []string           `json:"inputs"`
	Bounds map[string]float64 `json:"bounds"`
}

// goldenTensor is a tensor in PyTorch's order: images are (N,C,H,W).
type goldenTensor struct {
	shape  []int
	values []float32
}

// goldenCase is one folder of reference results.
type goldenCase struct {
	goldenHeader
	raw     []byte // case.json
	tensors map[string]goldenTensor
}

// readGolden reads a case and checks that each of its tensors is an input or has a bound.
func readGolden(folder string) (*goldenCase, error) {
	raw, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		return nil, err
	}
	c := &goldenCase{raw: raw, tensors: map[string]goldenTensor{}}
	if err := json.Unmarshal(raw, &c.goldenHeader); err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	if c.Format != 1 {
		return nil, fmt.Errorf("%s: format %d: want 1", folder, c.Format)
	}
	f, err := os.Open(filepath.Join(folder, "tensors.safetensors"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	file, err := safetensors.Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder, err)
	}
	for _, name := range file.Names() {
		values, shape, err := file.Float32s(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		c.tensors[name] = goldenTensor{shape, values}
	}
	return c, c.complete()
}

// complete checks that inputs and bounds together name every tensor once.
func (c *goldenCase) complete() error {
	names := slices.Clone(c.Inputs)
	for name, bound := range c.Bounds {
		if !(bound > 0) || slices.Contains(c.Inputs, name) {
			return fmt.Errorf("case %s: bound %g of %s, which is an input: %v", c.Name, bound, name, slices.Contains(c.Inputs, name))
		}
		names = append(names, name)
	}
	for _, name := range names {
		if _, ok := c.tensors[name]; !ok {
			return fmt.Errorf("case %s: no tensor %s in the file", c.Name, name)
		}
	}
	if len(names) != len(c.tensors) || len(c.Bounds) == 0 {
		return fmt.Errorf("case %s: %d tensors for %d inputs and %d bounds", c.Name, len(c.tensors), len(c.Inputs), len(c.Bounds))
	}
	return nil
}

// goldenKinds are the kinds of cases.
var goldenKinds = map[string]func(*goldenRun) error{
	"layer":            goldenLayer,
	"gradient_penalty": goldenPenalty,
	"loss":             goldenLoss,
	"optimizer":        goldenOptimizer,
	"training":         goldenTraining,
}

// run computes the case on dev and reports everything that is wrong with the results: also inputs
// that were not used, and outputs that were not compared.
func (c *goldenCase) run(dev device.Device) error {
	kind, ok := goldenKinds[c.Kind]
	if !ok {
		return fmt.Errorf("case %s: unknown kind %q", c.Name, c.Kind)
	}
	r := &goldenRun{goldenCase: c, dev: dev, ws: device.NewWorkspace(dev), done: map[string]bool{}}
	r.ws.SetPoison(true)
	err := kind(r)
	if err == nil {
		for name := range c.tensors {
			if !r.done[name] {
				r.errs = append(r.errs, fmt.Errorf("%s: never used", name))
			}
		}
	}
	return errors.Join(append(r.errs, err)...)
}

// goldenRun is one case on one device.
type goldenRun struct {
	*goldenCase
	dev  device.Device
	ws   *device.Workspace
	done map[string]bool // inputs read and outputs compared
	errs []error         // outputs that are wrong
}

// values returns an input as it stands in the file.
func (r *goldenRun) values(name string) (goldenTensor, error) {
	if !slices.Contains(r.Inputs, name) {
		return goldenTensor{}, fmt.Errorf("case %s: no input %s", r.Name, name)
	}
	r.done[name] = true
	return r.tensors[name], nil
}

// input returns an input as a tensor, channels last.
func (r *goldenRun) input(name string) (*device.Tensor, error) {
	v, err := r.values(name)
	if err != nil {
		return nil, err
	}
	if len(v.shape) == 0 || len(v.shape) > 4 {
		return nil, fmt.Errorf("case %s: %s: shape %v: want one to four dimensions", r.Name, name, v.shape)
	}
	var shape device.Shape
	copy(shape[:], v.shape)
	values := v.values
	if len(v.shape) == 4 {
		shape = device.Shape{v.shape[0], v.shape[2], v.shape[3], v.shape[1]}
		values = make([]float32, len(v.values))
		eachPixel(shape, func(planar, last int) { values[last] = v.values[planar] })
	}
	t, err := r.dev.New(shape)
	if err != nil {
		return nil, err
	}
	return t, t.CopyFrom(values)
}

// eachPixel visits every number of images of shape (N,H,W,C) in both orders.
func eachPixel(s device.Shape, visit func(planar, last int)) {
	for n := range s[0] {
		for c := range s[3] {
			for p := range s[1] * s[2] {
				visit((n*s[3]+c)*s[1]*s[2]+p, (n*s[1]*s[2]+p)*s[3]+c)
			}
		}
	}
}

// compare compares a result, channels last, with the expected output of that name. A nil tensor
// stands for zeros of the shape that is expected.
func (r *goldenRun) compare(name string, t *device.Tensor) error {
	if t == nil {
		want := r.tensors[name]
		r.compareValues(name, goldenTensor{want.shape, make([]float32, len(want.values))})
		return nil
	}
	if err := r.dev.Sync(); err != nil {
		return err
	}
	got, err := t.Float32s()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s := t.Shape()
	shape := append([]int(nil), s[:s.Rank()]...)
	if s.Rank() == 4 {
		shape = []int{s[0], s[3], s[1], s[2]}
		last := got
		got = make([]float32, len(last))
		eachPixel(s, func(planar, i int) { got[planar] = last[i] })
	}
	r.compareValues(name, goldenTensor{shape, got})
	return nil
}

// compareValues compares a result in PyTorch's order: its root mean square error must stay within
// the bound.
func (r *goldenRun) compareValues(name string, got goldenTensor) {
	bound, ok := r.Bounds[name]
	if !ok {
		r.errs = append(r.errs, fmt.Errorf("%s: the case expects no such output", name))
		return
	}
	r.done[name] = true
	want := r.tensors[name]
	if !slices.Equal(got.shape, want.shape) {
		r.errs = append(r.errs, fmt.Errorf("%s: shape %v: want %v", name, got.shape, want.shape))
		return
	}
	sum := 0.0
	for i, v := range got.values {
		d := float64(v) - float64(want.values[i])
		sum += d * d
	}
	if rms := math.Sqrt(sum / float64(len(got.values))); !(rms <= bound) {
		r.errs = append(r.errs, fmt.Errorf("%s: root mean square error %.3g: want at most %.3g", name, rms, bound))
	}
}

// decodeExact decodes a JSON object into the struct that v points to, and reports fields that the
// struct does not have and, unless they are marked omitempty, fields that the object does not have.
func decodeExact(raw []byte, v any) error {
	given := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	for _, field := range reflect.VisibleFields(reflect.TypeOf(v).Elem()) {
		if field.Anonymous {
			continue
		}
		name, optional := strings.CutSuffix(field.Tag.Get("json"), ",omitempty")
		if _, ok := given[name]; !ok && !optional {
			return fmt.Errorf("field %q is missing in %s", name, raw)
		}
		delete(given, name)
	}
	for name := range given {
		return fmt.Errorf("unknown field %q in %s", name, raw)
	}
	return json.Unmarshal(raw, v)
}
