package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
)

// Room for runs, in bytes: a checkpoint takes 12 for each parameter, 0.7 GB for the largest preset.
const (
	littleDisk = 2_000_000_000
	noDisk     = 50_000_000
)

// checkRuns tells whether runs can be written, and for how many there is room.
func checkRuns(m machine) check {
	list := runsIn(filepath.Clean(m.runs) + string(filepath.Separator))
	c := newCheck("runs", "%s: %s", m.runs, words.Counted(len(list), "run"))
	c.Facts["path"], c.Facts["runs"] = m.runs, len(list)
	folder, err := existing(m.runs)
	switch {
	case err == nil:
		err = tryWrite(folder)
	case errors.Is(err, errNoFolder):
		c.Found = err.Error()
		c.fail("remove the file, or name another folder with --runs")
		return c
	}
	if err != nil {
		c.Found += "; nothing can be written there: " + err.Error()
		c.fail("change its permissions, make room, or name another folder with --runs")
		return c
	}
	free, total, err := diskSpace(folder)
	if err != nil {
		return c // the system does not tell
	}
	c.Found += fmt.Sprintf("; %s free of %s", memory.Size(free), memory.Size(total))
	c.Facts["free_bytes"], c.Facts["total_bytes"] = free, total
	switch {
	case free < noDisk:
		c.fail("make room: no checkpoint fits; or name a folder on another disk with --runs")
	case free < littleDisk:
		c.warn("make room: a checkpoint of the largest preset takes 0.7 GB, and the one before stays until it is written")
	}
	return c
}

var errNoFolder = errors.New("not a folder")

// existing returns the folder, or the nearest one above it that is there.
func existing(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for {
		info, err := os.Stat(path)
		switch {
		case err == nil && !info.IsDir():
			return "", fmt.Errorf("%s is %w", path, errNoFolder)
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(path) == path:
			return "", err
		}
		path = filepath.Dir(path)
	}
}

// tryWrite makes a file in the folder and removes it.
func tryWrite(folder string) error {
	file, err := os.CreateTemp(folder, ".ganlib-doctor-")
	if err != nil {
		return err
	}
	_, err = file.WriteString("ganlib\n")
	return errors.Join(err, file.Close(), os.Remove(file.Name()))
}

// checkData tells which data sets are there. None is needed to begin.
func checkData(m machine) check {
	const root = "data"
	var sets []string
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c := newCheck("data", "%v", err)
		c.warn("let %s be a folder that you may read, or name the data with --data", root)
		return c
	}
	for _, e := range entries {
		if name := e.Name(); e.IsDir() && !strings.HasPrefix(name, ".") {
			sets = append(sets, name)
		}
	}
	c := newCheck("data", "%s: %s", root, strings.Join(sets, ", "))
	if c.Facts["sets"] = sets; len(sets) == 0 {
		c.Found = "none in " + root + ": presets of cat faces draw them, toy presets draw points"
		c.Facts["sets"] = []string{}
		c.advise("'%s data fetch mnist' gets digits, 'data fetch oxford-pets' photographs; --data takes a folder or an archive", m.program)
	}
	return c
}

// checkConfig tells whether the configuration of the current folder, which a training reads by itself, is
// sound.
func checkConfig(machine) check {
	c := newCheck("config", "%s: none here, so that the preset %s counts unless another is named", defaultFile, config.DefaultPreset)
	if _, err := os.Lstat(defaultFile); errors.Is(err, fs.ErrNotExist) {
		return c
	}
	cmd := &cobra.Command{}
	var s setup
	s.register(cmd)
	found, err := s.resolve(cmd, nil, device.Options{Name: "cpu"})
	if err != nil {
		c.Found = err.Error()
		if lines := strings.Split(c.Found, "\n\t"); len(lines) > 1 {
			c.Found = strings.Join(lines, " · ")
		}
		c.fail("correct it, or name another file with --hyp; trainings in this folder read it")
		return c
	}
	c.Found = fmt.Sprintf("%s: preset %s", defaultFile, found.config.Preset)
	c.Facts["file"], c.Facts["preset"] = defaultFile, found.config.Preset
	return c
}

// checkEnvironment lists the variables that matter and are set.
func checkEnvironment(m machine) check {
	values := map[string]string{}
	var texts []string
	for _, name := range setVariables() {
		values[name] = os.Getenv(name)
		texts = append(texts, name+"="+values[name])
	}
	c := newCheck("environment", "no variable is set that matters")
	if len(texts) > 0 {
		c.Found = strings.Join(texts, " ")
	}
	c.Facts["variables"] = values
	if strange := strangeVariables(); len(strange) > 0 {
		c.Found = strings.Join(slices.Concat(texts, strange), " ")
		c.Facts["unknown"] = strange
		c.warn("nothing reads %s; '%s help environment' lists what is read", words.List(strange), m.program)
	}
	return c
}
