package runs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
)

// damagedSuffix follows the name of a checkpoint that was set aside.
const damagedSuffix = ".damaged"

// Checkpoint is a full state of a run, from which it can be resumed.
type Checkpoint struct {
	Path string
	Step int64 // generator steps done when it was saved
}

var checkpointName = regexp.MustCompile(`^checkpoint-(\d{8,18})\.safetensors$`)

// CheckpointPath returns where the checkpoint of a generator step belongs.
func (r *Run) CheckpointPath(step int64) string { return r.Join(ModelFolder, checkpointFile(step)) }

// checkpointFile has eight digits, more from step 100,000,000 on.
func checkpointFile(step int64) string { return fmt.Sprintf("checkpoint-%08d.safetensors", step) }

// Checkpoints returns the run's checkpoints by rising step; none is no error.
func (r *Run) Checkpoints() ([]Checkpoint, error) {
	entries, err := r.fsys.ReadDir(r.Join(ModelFolder))
	if err != nil {
		return nil, fmt.Errorf("runs: checkpoints of %s: %w", r.path, err)
	}
	var list []Checkpoint
	for _, e := range entries {
		match := checkpointName.FindStringSubmatch(e.Name())
		if match == nil || !e.Type().IsRegular() {
			continue
		}
		step, err := strconv.ParseInt(match[1], 10, 64)
		if err != nil || checkpointFile(step) != e.Name() { // not a name that we give
			continue
		}
		list = append(list, Checkpoint{Path: r.Join(ModelFolder, e.Name()), Step: step})
	}
	slices.SortFunc(list, func(a, b Checkpoint) int { return cmp.Compare(a.Step, b.Step) })
	return list, nil
}

// Latest returns the checkpoint of the largest step, or [ErrNoCheckpoint] if the run has none.
func (r *Run) Latest() (Checkpoint, error) {
	list, err := r.Checkpoints()
	if err != nil {
		return Checkpoint{}, err
	}
	if len(list) == 0 {
		return Checkpoint{}, fmt.Errorf("runs: latest checkpoint of %s: %w", r.path, ErrNoCheckpoint)
	}
	return list[len(list)-1], nil
}

// CheckpointAt returns the path of the checkpoint that path means: path itself if it is a file, the
// newest checkpoint if it is a run's folder. A path that is not there is an [fs.ErrNotExist].
func CheckpointAt(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, err
	}
	run, err := Open(path)
	if err != nil {
		return "", err
	}
	defer run.Close()
	latest, err := run.Latest()
	return latest.Path, err
}

// Prune removes all checkpoints but the keep latest; keep must be at least 1.
func (r *Run) Prune(keep int) error {
	if keep < 1 {
		return fmt.Errorf("runs: prune %s: keep %d: want at least 1", r.path, keep)
	}
	list, err := r.Checkpoints()
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range list[:max(len(list)-keep, 0)] {
		failed = append(failed, r.fsys.Remove(c.Path))
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("runs: prune %s: %w", r.path, err)
	}
	return nil
}

// SetAside renames a checkpoint that cannot be used, so that it counts as none: ".damaged" is appended to
// its name, and one that has this name already is replaced. It returns the new path.
func (r *Run) SetAside(c Checkpoint) (string, error) {
	to := c.Path + damagedSuffix
	if err := r.fsys.Rename(c.Path, to); err != nil {
		return "", fmt.Errorf("runs: set aside: %w", err)
	}
	return to, nil
}
