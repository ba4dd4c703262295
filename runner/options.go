package runner

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"ganlib/config"
	"ganlib/device"
	"ganlib/internal/process"
	"ganlib/kernels"
	"ganlib/manifest"
	"ganlib/runs"
	"ganlib/variants"
	"ganlib/vfs"
)

// Options say what to train, where to write, and whom to tell. The zero value but for Config is valid.
type Options struct {
	Config config.Config // resolved; ignored on resume
	Name   string        // name of the run, without its number; "": train
	Root   string        // folder of the runs; "": trains
	Resume string        // run folder, or its newest checkpoint, to continue; "": a new run

	// Changes, on resume, returns the saved configuration with what the user wants changed. Keys that a
	// resumed run may not change are refused by name. nil: no changes.
	Changes func(saved config.Config) (config.Config, error)

	Steps     int64  // end after so many generator steps in all, if that is before NUM_EPOCHS; 0: no such limit
	Data      string // folder, archive or idx files to train on; "": as the configuration says
	Strict    bool   // an image that cannot be read is an error, not left out
	Device    string // overrules DEVICE, and a GPU that is named here must be there; "": as DEVICE says
	NoGraph   bool   // a GPU's kernels are launched one by one, not as a graph
	NoEvents  bool   // no event files for TensorBoard
	Engine    string // of the CPU, as [device.Options] has it; "": as the environment says, or the fastest
	Precision string // of a GPU, as [device.Options] has it; a CPU has float32 only. "": float32
	Threads   int    // CPU workers; 0: GOMAXPROCS

	// Tuned has a GPU compute products as its table says, see package tuning; results may differ in the last bits
	// from those without. A run that is resumed on the GPU that it was tuned for stays as it was.
	Tuned bool
	// Tuning are choices to use in place of the table's. Those that cannot be used are left out.
	Tuning []kernels.Choice

	Keep int // how many checkpoints stay, the newest; 0: [DefaultKeep]

	OnNaN      OnNaN    // what to do about numbers that are not finite; "": [StopOnNaN]
	OnNaNTries int      // how often to go on from one checkpoint, with RollBackOnNaN; 0: [DefaultOnNaNTries]
	Lint       LintMode // what to do about mistakes in the configuration of a new run; "": [RefuseMistakes]

	// MaxMemory is the most memory in bytes that the process may take, or on a GPU the run of the card's. More is
	// refused with [ErrMemory] before it is taken. 0: as much as there is; [NoMaxMemory]: nothing is refused.
	MaxMemory int64

	// Memory is told, before data are read and tensors made, how many bytes the run will add to those that
	// the process has. nil: nobody.
	Memory func(bytes int64)

	// Hooks attach to the training after the runner's own, such as a page that shows it. They must leave
	// the training's state as it is.
	Hooks []variants.Hook

	// Console gets one line at a time; they also go to the run's logs/console.log. A writer that fails
	// does not end the training. nil: nobody.
	Console io.Writer
	// Progress is called after each generator step, and while data are read, then by the goroutines that
	// read, one call at a time. nil: nobody.
	Progress func(Progress)

	before    *manifest.Machine                           // of the run to resume, at last; nil: unknown
	fs        vfs.FS                                      // of the run's folder; nil: the computer's
	clock     func() time.Time                            // nil: time.Now
	available func() (int64, error)                       // memory that can be had, bytes; nil: ask the machine
	open      func(device.Options) (device.Device, error) // nil: device.Open
}

// Phases of a run, as Progress tells them.
const (
	PhaseData  = "data"  // images are read: Done and Total count them
	PhaseTrain = "train" // Done and Total count generator steps
)

// Progress is how far a run is.
type Progress struct {
	Phase           string
	Done, Total     int64
	ImagesPerSecond float64        // real images that the critic saw, per second, lately
	Stats           variants.Stats // of the last step whose statistics have been read
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "train"
	}
	if o.Root == "" {
		o.Root = "trains"
	}
	if o.Console == nil {
		o.Console = io.Discard
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Memory == nil {
		o.Memory = func(int64) {}
	}
	if o.Keep == 0 {
		o.Keep = DefaultKeep
	}
	if o.OnNaN == "" {
		o.OnNaN = StopOnNaN
	}
	if o.OnNaNTries == 0 {
		o.OnNaNTries = DefaultOnNaNTries
	}
	if o.Lint == "" {
		o.Lint = RefuseMistakes
	}
	if o.fs == nil {
		o.fs = vfs.OS
	}
	if o.clock == nil {
		o.clock = time.Now
	}
	if o.available == nil {
		o.available = process.Available
	}
	if o.open == nil {
		o.open = device.Open
	}
	return o
}

func (o Options) validate() error {
	if o.Steps < 0 || o.Threads < 0 || o.Keep < 0 {
		return fmt.Errorf("runner: steps %d, threads %d, keep %d: want 0 or more", o.Steps, o.Threads, o.Keep)
	}
	if o.OnNaNTries < 1 {
		return fmt.Errorf("runner: tries %d: want at least 1", o.OnNaNTries)
	}
	if err := errors.Join(o.OnNaN.check(), o.Lint.check()); err != nil || o.Resume != "" {
		return err
	}
	return runs.CheckName(o.Name)
}

// override puts the options that have a key of their own into c.
func (o Options) override(c config.Config) (config.Config, error) {
	if o.Device != "" {
		c.Device = o.Device
	}
	if o.Data != "" {
		path, err := filepath.Abs(o.Data)
		if err != nil {
			return c, fmt.Errorf("data %s: %w", o.Data, err)
		}
		if here, err := filepath.Abs(filepath.Join(c.DataRoot, c.DataName)); err != nil || here != path {
			c.DataRoot, c.DataName = filepath.Dir(path), filepath.Base(path)
		}
	}
	return c, c.Validate()
}
