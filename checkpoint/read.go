package checkpoint

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/formats/safetensors"
	"ganlib/layers"
	"ganlib/variants"
	"ganlib/vfs"
)

// ErrMismatch is wrapped by the error for a checkpoint that does not fit what it is to be restored
// into.
var ErrMismatch = errors.New("the checkpoint does not fit")

// Checkpoint is an open checkpoint file. Its header has been checked; tensors are read when they are
// asked for.
type Checkpoint struct {
	path     string
	from     vfs.File
	file     *safetensors.File
	meta     map[string]string
	version  int
	sums     map[string]string // checksums of tensors; none in version 1
	progress variants.Progress
}

// Open opens a checkpoint. A file of another kind or of a later version is an error that names it, and so
// is one with a damaged header, which gives [ErrDamaged].
func Open(path string) (*Checkpoint, error) { return OpenFS(vfs.OS, path) }

// OpenFS is [Open] on a given file system.
func OpenFS(fsys vfs.FS, path string) (*Checkpoint, error) {
	f, err := vfs.Open(fsys, path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := &Checkpoint{path: path, from: f}
	if err := c.readHeader(); err != nil {
		f.Close()
		return nil, fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	return c, nil
}

func (c *Checkpoint) readHeader() error {
	info, err := c.from.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("want a file")
	}
	if c.file, err = safetensors.Read(c.from, info.Size()); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	c.meta = c.file.Metadata()
	if err := c.checkHeader(); err != nil {
		return err
	}
	if c.meta["format"] != Format {
		return fmt.Errorf("metadata format %q: want %q", c.meta["format"], Format)
	}
	c.version, err = strconv.Atoi(c.meta["format_version"])
	if err != nil || c.version < 1 || c.version > Version {
		return fmt.Errorf("format version %q: want 1 to %d", c.meta["format_version"], Version)
	}
	if err := c.readSums(); err != nil {
		return err
	}
	return c.readProgress()
}

func (c *Checkpoint) readProgress() (err error) {
	number := func(key string) (n int64) {
		v, e := strconv.ParseInt(c.meta[key], 10, 64)
		if e != nil || v < 0 {
			err = errors.Join(err, fmt.Errorf("metadata %s %q: want a whole number of at least 0", key, c.meta[key]))
		}
		return v
	}
	c.progress = variants.Progress{
		GeneratorSteps: number("progress.generator_steps"),
		CriticSteps:    number("progress.critic_steps"),
		Data:           datasets.Cursor{Pass: uint64(number("data.pass")), Position: int(number("data.position"))},
	}
	return err
}

// Close closes the file.
func (c *Checkpoint) Close() error { return c.from.Close() }

// Config returns the configuration that the training was made from.
func (c *Checkpoint) Config() map[string]string {
	m := map[string]string{}
	for key, value := range c.meta {
		if name, ok := strings.CutPrefix(key, configPrefix); ok {
			m[name] = value
		}
	}
	return m
}

// Metadata returns all of the file's text.
func (c *Checkpoint) Metadata() map[string]string { return c.file.Metadata() }

// Progress returns how far the training was.
func (c *Checkpoint) Progress() variants.Progress { return c.progress }

// Data returns the number of samples and the fingerprint of the data that were trained on.
func (c *Checkpoint) Data() (count int, fingerprint string) {
	count, _ = strconv.Atoi(c.meta["data.count"])
	return count, c.meta["data.fingerprint"]
}

// Restore gives t the state in the checkpoint. The variant, the networks' parameters, the optimisers
// and the data must be those it was written from; if they are not, the error is [ErrMismatch] and t is
// as it was, and so it is after [ErrDamaged].
func (c *Checkpoint) Restore(t *variants.Trainer) error {
	if err := c.fits(t); err != nil {
		return fmt.Errorf("checkpoint: restore %s: %w", c.path, err)
	}
	list := stateOf(t.Variant())
	if err := c.complete(list); err != nil {
		return fmt.Errorf("checkpoint: restore %s: %w", c.path, err)
	}
	values, err := c.read(list)
	if err == nil {
		err = t.SetProgress(c.progress)
	}
	for _, p := range playersOf(t.Variant()) {
		if err == nil {
			err = c.setSteps(p)
		}
	}
	if err == nil {
		err = load(list, values)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: restore %s: %w", c.path, err)
	}
	return nil
}

// setSteps gives a player's optimiser its number of steps.
func (c *Checkpoint) setSteps(p player) error {
	text := c.meta["optimizer."+p.net.Name()+".steps"]
	steps, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("optimiser of the %s: steps %q: want a whole number", p.net.Name(), text)
	}
	return p.optimizer.SetSteps(steps)
}

// CheckNetwork compares the names and shapes of net's parameters and buffers with the tensors in the
// checkpoint, without reading them: [ErrMismatch]. A net of a meta device takes no memory, so that a file
// which claims a larger one than it holds is found out before any is taken.
func (c *Checkpoint) CheckNetwork(net *layers.Network) error {
	for _, e := range State(net, nil) {
		if err := c.fitsTensor(e); err != nil {
			return fmt.Errorf("checkpoint: %s: %w", c.path, err)
		}
	}
	return nil
}

// RestoreNetwork gives net, by its name, the parameters and buffers in the checkpoint. After an error,
// [ErrDamaged] or [ErrMismatch], net is as it was.
func (c *Checkpoint) RestoreNetwork(net *layers.Network) error {
	list := State(net, nil)
	values, err := c.read(list)
	if err == nil {
		err = load(list, values)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: restore %s: %w", c.path, err)
	}
	return nil
}

// FixedNoise returns the noise of the fixed sample grids and its shape, nil if there is none.
func (c *Checkpoint) FixedNoise() (values []float32, shape []int, err error) {
	if _, ok := c.file.Info(fixedNoise); !ok {
		return nil, nil, nil
	}
	if err := c.checkTensor(fixedNoise); err != nil {
		return nil, nil, fmt.Errorf("checkpoint: %s: %w", c.path, err)
	}
	return c.file.Float32s(fixedNoise)
}

// fits compares what is known without reading tensors.
func (c *Checkpoint) fits(t *variants.Trainer) error {
	mismatch := func(what, got, want string) error {
		return fmt.Errorf("%w: %s %q, of the training at hand %q", ErrMismatch, what, got, want)
	}
	if got, want := c.meta["variant"], t.Variant().Name(); got != want {
		return mismatch("variant", got, want)
	}
	if got, want := c.meta["seed"], strconv.FormatUint(t.Config().Seed, 10); got != want {
		return mismatch("seed", got, want)
	}
	count, fingerprint := c.Data()
	if count != t.Data().Len() || fingerprint != t.Data().Fingerprint() {
		return mismatch("data", fmt.Sprintf("%d samples, %.12s…", count, fingerprint), fmt.Sprintf("%d samples, %.12s…", t.Data().Len(), t.Data().Fingerprint()))
	}
	for _, p := range playersOf(t.Variant()) {
		key := "optimizer." + p.net.Name()
		if got, want := c.meta[key], p.optimizer.Name(); got != want {
			return mismatch("optimiser of the "+p.net.Name(), got, want)
		}
	}
	return nil
}

// complete checks that the file has the tensors of list and no others but the fixed noise.
func (c *Checkpoint) complete(list []Entry) error {
	known := map[string]bool{fixedNoise: true}
	for _, e := range list {
		known[e.Name] = true
	}
	for _, name := range c.file.Names() {
		if !known[name] {
			return fmt.Errorf("%w: tensor %q belongs to nothing in the training at hand", ErrMismatch, name)
		}
	}
	return nil
}

// read reads the tensors of list.
func (c *Checkpoint) read(list []Entry) ([][]float32, error) {
	values := make([][]float32, len(list))
	for i, e := range list {
		var err error
		if values[i], err = c.tensor(e); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// load writes values to the tensors of list.
func load(list []Entry, values [][]float32) error {
	for i, e := range list {
		if err := e.Param.SetTorchOrder(e.Values, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// fitsTensor checks that a tensor is there, in its shape.
func (c *Checkpoint) fitsTensor(e Entry) error {
	info, ok := c.file.Info(e.Name)
	if !ok {
		return fmt.Errorf("%w: tensor %q is missing", ErrMismatch, e.Name)
	}
	if want := e.Param.TorchShape(); !slices.Equal(info.Shape, want) {
		return fmt.Errorf("%w: tensor %q has shape %v, want %v", ErrMismatch, e.Name, info.Shape, want)
	}
	return nil
}

// tensor reads one tensor and checks its shape.
func (c *Checkpoint) tensor(e Entry) ([]float32, error) {
	if err := c.fitsTensor(e); err != nil {
		return nil, err
	}
	if err := c.checkTensor(e.Name); err != nil {
		return nil, err
	}
	if e.Param.Role == layers.Count {
		counts, _, err := c.file.Int64s(e.Name)
		if err != nil {
			return nil, err
		}
		return []float32{float32(counts[0])}, nil
	}
	v, _, err := c.file.Float32s(e.Name)
	return v, err
}

// FixedNoise makes the tensor that Write takes for a grid of n samples.
func FixedNoise(t *variants.Trainer, n int) (*device.Tensor, error) {
	net := t.Variant().Networks().Generator
	z, err := net.Device().New(net.Input().Batch(n))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: fixed noise: %w", err)
	}
	return z, t.FixedNoise(z)
}
