package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"ganlib/checkpoint"
	"ganlib/config"
	"ganlib/device"
	"ganlib/device/driver"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
	"ganlib/report/events"
	"ganlib/runner"
	"ganlib/runs"
	"ganlib/sampler"
	"ganlib/watchdog"
)

// advice is what to do about a kind of error. PROGRAM stands for the program's name.
type advice struct {
	is   error
	next string
}

// advices are looked through in order: the first whose error it is counts.
var advices = []advice{
	{runs.ErrLocked, "it is being trained: stop that training with Ctrl-C where it runs, or begin another run"},
	{watchdog.ErrNotFinite, "go on from the last checkpoint with --resume RUN, and with --on-nan rollback on another way than the one that led here; or begin a new run with a smaller LEARNING_RATE"},
	{runner.ErrChanged, "leave these as they were, or begin a new run without --resume; 'PROGRAM help resume' lists what may change"},
	{runs.ErrNoCheckpoint, "let it train to its first checkpoint (CHECKPOINT_EVERY), with 'PROGRAM train --resume RUN' if it has ended"},
	{checkpoint.ErrDamaged, "a run whose newest checkpoint is damaged goes on from the one before with 'PROGRAM train --resume RUN'; a file cannot be mended: copy it again if there is a copy"},
	{checkpoint.ErrMismatch, "'PROGRAM inspect FILE' shows what a checkpoint belongs to; a run goes on with the data and networks that it began with"},
	{events.ErrCorrupt, "what is listed comes before it and is sound; TensorBoard reads no further in this file either"},
	{interchange.ErrNoGenerator, "'PROGRAM inspect FILE' shows what is in the file, 'PROGRAM presets' the systems whose networks are known; 'PROGRAM help formats' says more"},
	{errPacked, "'PROGRAM data info FILE' shows what is in it, 'PROGRAM data grid FILE' draws some"},
	{sampler.ErrNoCritic, "take a run, or a file with both networks: 'PROGRAM export --network both' writes one"},
	{sampler.ErrNoImages, "'PROGRAM sample' draws points as a scatter plot"},
	{driver.ErrOldDriver, "update the NVIDIA driver (470 or later), or compute on the CPU with --device cpu"},
	{driver.ErrNoDevice, "'PROGRAM devices' lists what there is; CUDA_VISIBLE_DEVICES hides GPUs from it"},
	{driver.ErrNoDriver, "'PROGRAM doctor' looks for the reason; --device auto takes the CPU where there is no GPU"},
	{device.ErrNoCUDA, "'PROGRAM devices' lists what there is; --device auto takes the CPU where there is no GPU"},
	{device.ErrOutOfMemory, "take a smaller BATCH_SIZE, FEATURES_GEN or FEATURES_CRITIC; other programs may hold the GPU's memory, 'PROGRAM doctor' says how much is free"},
	{device.ErrLost, "'PROGRAM doctor' tries the GPU; a training goes on from its last checkpoint with --resume"},
	{runner.ErrMemory, "'PROGRAM train --dry-run' prints what a configuration takes, 'PROGRAM doctor' what there is"},
	{syscall.EADDRINUSE, "another program listens there: take another port"},
	{fs.ErrPermission, "take a place that you may read and write, or change its permissions"},
}

// nextStep says what to do about an error, in a line of its own, where its message does not say so itself.
func (p Program) nextStep(cmd *cobra.Command, err error) string {
	next := p.nextFor(cmd, err)
	if next == "" {
		return ""
	}
	return "\nNext: " + strings.ReplaceAll(next, "PROGRAM", p.Name)
}

func (p Program) nextFor(cmd *cobra.Command, err error) string {
	if isDiskFull(err) {
		return "make room: a run's checkpoints are in its folder model, its pictures in generated_*; then go on with --resume, which needs the last checkpoint only. --runs DIR puts new runs on another disk"
	}
	if errors.Is(err, runs.ErrNotRun) {
		return knownRuns()
	}
	for _, a := range advices {
		if errors.Is(err, a.is) {
			return a.next
		}
	}
	var refused *torchfile.RefusedError
	if errors.As(err, &refused) {
		return "such a file may be an attack. If you trust who made it, torch.save(generator.state_dict(), FILE) in their program writes tensors alone"
	}
	var mistakes *runner.MistakeError
	if errors.As(err, &mistakes) {
		return "change what is named, or train all the same with --lint warn; 'PROGRAM lint --rules' lists what is looked for"
	}
	var problem config.Problem
	if errors.As(err, &problem) {
		if problem.Key == "PRESET" {
			return "'PROGRAM presets' lists them"
		}
		return "'PROGRAM help configuration' describes every key, 'PROGRAM presets NAME' prints a whole file"
	}
	var path *fs.PathError
	if errors.As(err, &path) && errors.Is(path, fs.ErrNotExist) {
		return missing(cmd, path.Path)
	}
	return fallback[cmd.Name()]
}

// fallback is what to do about any other failure of a command.
var fallback = map[string]string{
	"inspect": "'PROGRAM help formats' lists the files that can be read",
	"import":  "'PROGRAM inspect FILE' shows what is in a file, 'PROGRAM presets' the systems that it may belong to",
	"sample":  "'PROGRAM help formats' lists the files that can be read",
	"fetch":   "the same command goes on with what has arrived; --mirror URL takes another server",
}

// missing says what to do about a path that does not exist.
func missing(cmd *cobra.Command, path string) string {
	if resume := cmd.Flag("resume"); strings.Contains(cmd.Use, "RUN") && cmd.Name() != "import" || resume != nil && resume.Changed {
		return knownRuns()
	}
	if filepath.IsAbs(path) {
		return "check the path"
	}
	here, err := os.Getwd()
	if err != nil {
		return "check the path"
	}
	return fmt.Sprintf("check the path, which is taken from %s", here)
}

// knownRuns says which runs there are in the usual place.
func knownRuns() string {
	const most = 5
	list := runsIn("trains" + string(filepath.Separator))
	if len(list) == 0 {
		return "there are no runs in trains; 'PROGRAM train' begins one, and prints its folder"
	}
	text := "the latest runs here: " + strings.Join(list[:min(len(list), most)], ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
