package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device"
	"ganlib/device/dlopen"
	"ganlib/device/driver"
	"ganlib/device/ptxsim"
	"ganlib/internal/enginetest"
)

// health is what doctor prints with --json.
type health struct {
	OK     bool
	Checks []check
}

func (h health) check(t testing.TB, name string) check {
	t.Helper()
	for _, c := range h.Checks {
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "no check "+name)
	return check{}
}

// examine runs doctor, which may find something broken.
func examine(t testing.TB, args ...string) health {
	t.Helper()
	o := run(t, append([]string{"doctor", "--json"}, args...)...)
	var h health
	require.NoError(t, json.Unmarshal([]byte(o.out), &h), o.out)
	assert.Equal(t, h.OK, o.code == exitOK, o.errout)
	for _, c := range h.Checks {
		assert.Contains(t, []string{stateOK, stateWarn, stateFail}, c.State)
		assert.NotEmpty(t, c.Found, c.Name)
		assert.NotNil(t, c.Facts, c.Name)
		assert.False(t, c.State != stateOK && c.Next == "", "%s: %s without a next step", c.Name, c.State)
	}
	return h
}

func TestDoctor(t *testing.T) {
	t.Chdir(t.TempDir())
	o := succeed(t, "doctor")
	names := []string{"version", "cpu", "engine", "blas", "threads", "memory", "gpu", "runs", "data", "config", "environment"}
	for _, name := range names {
		assert.Regexp(t, `(?m)^(ok  |warn)  `+name+` +\S`, o.out)
	}
	assert.NotContains(t, o.out, "\x1b")
	assert.Empty(t, o.errout)
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	assert.Empty(t, entries, "nothing stays written")

	h := examine(t)
	require.Len(t, h.Checks, len(names))
	for i, c := range h.Checks {
		assert.Equal(t, names[i], c.Name)
	}
	assert.EqualValues(t, runtime.GOMAXPROCS(0), h.check(t, "threads").Facts["gomaxprocs"])
	assert.Equal(t, runtime.Version(), h.check(t, "version").Facts["go"])
	assert.Contains(t, h.check(t, "blas").Found, "gonum")
	assert.Equal(t, exitUsage, run(t, "doctor", "now").code)
	assert.Equal(t, exitUsage, run(t, "doctor", "--runs", "").code)
	assert.Equal(t, exitFailure, catfaces.Run(t.Context(), []string{"doctor"}, brokenPipe{}, new(strings.Builder)))
}

func TestDoctorEngine(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, e := range device.Engines() {
		t.Setenv(device.EngineVariable, e.String())
		c := examine(t).check(t, "engine")
		assert.Equal(t, e.String(), c.Facts["engine"])
		assert.Equal(t, e == device.Engines()[0], c.State == stateOK, "%v: %v", e, c)
	}
	t.Setenv(device.EngineVariable, "sse")
	c := examine(t).check(t, "engine")
	assert.Equal(t, stateFail, c.State)
	assert.Contains(t, c.Next, "unset GANLIB_CPU")
	o := run(t, "doctor")
	assert.Equal(t, exitFailure, o.code)
	assert.Equal(t, "catfaces: doctor: 1 check failed: engine\n", o.errout)
	assert.Regexp(t, `(?m)^fail  engine .*"sse".*\n +next: unset GANLIB_CPU`, o.out)
}

func TestDoctorConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, defaultFile, "PRESET: dcgan16\nSEED: 1\n")
	assert.Equal(t, "dcgan16", examine(t).check(t, "config").Facts["preset"])
	write(t, defaultFile, "BATCH_SIZE: 0\nLEARNING_RAET: 1\n")
	c := examine(t).check(t, "config")
	assert.Equal(t, stateFail, c.State)
	assert.Contains(t, c.Found, "train.config.yaml:2:1: LEARNING_RAET: unknown key")
	assert.NotContains(t, c.Found, "\n")
}

func TestDoctorFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	c := examine(t, "--runs", "a/b/c").check(t, "runs")
	assert.Equal(t, stateOK, c.State, c.Found)
	assert.NoDirExists(t, "a")
	write(t, "file", "")
	c = examine(t, "--runs", "file/runs").check(t, "runs")
	assert.Equal(t, stateFail, c.State)
	assert.Contains(t, c.Found, "file")
	if _, err := os.Stat("/proc/self"); err == nil {
		c = examine(t, "--runs", "/proc/runs").check(t, "runs")
		assert.Equal(t, stateFail, c.State, "where nobody can write")
		assert.Contains(t, c.Found, "nothing can be written")
	}
	require.NoError(t, os.MkdirAll("data/MNIST", 0o777))
	write(t, "data/readme.txt", "")
	assert.Equal(t, []any{"MNIST"}, examine(t).check(t, "data").Facts["sets"])
	require.NoError(t, os.RemoveAll("data"))
	write(t, "data", "")
	assert.Equal(t, stateWarn, examine(t).check(t, "data").State)
}

func TestDoctorEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOGC", "50")
	t.Setenv("GANLIB_ENGINE", "avx2")
	t.Setenv("GANLIB_REQUIRE", "")
	c := examine(t).check(t, "environment")
	assert.Equal(t, stateWarn, c.State)
	assert.Equal(t, []any{"GANLIB_ENGINE"}, c.Facts["unknown"])
	assert.Equal(t, "50", c.Facts["variables"].(map[string]any)["GOGC"])
	assert.Contains(t, c.Next, "nothing reads GANLIB_ENGINE")
}

// fakeRoot writes files below a folder that stands for the root of the file system.
func fakeRoot(t *testing.T, files map[string]string) machine {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		write(t, filepath.Join(root, path), text)
	}
	return machine{program: "ganlib", root: root, runs: "trains"}
}

func TestDoctorMemory(t *testing.T) {
	const info = "MemTotal:       16000000 kB\nMemFree: x kB\nMemAvailable:    8000000 kB\nHugePages_Total: 0\n"
	c := checkMemory(fakeRoot(t, map[string]string{"proc/meminfo": info}))
	assert.Equal(t, stateOK, c.State)
	assert.Contains(t, c.Found, "8.2 GB available of 16.4 GB")

	limited := map[string]string{
		"proc/meminfo": info, "proc/self/cgroup": "0::/user/job\n",
		"sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/user/memory.max": "2000000000\n",
		"sys/fs/cgroup/user/memory.current": "1500000000\n", "sys/fs/cgroup/user/memory.stat": "anon 1\ninactive_file 100000000\n",
		"sys/fs/cgroup/memory.max": "9000000000\n",
	}
	c = checkMemory(fakeRoot(t, limited))
	assert.Equal(t, stateWarn, c.State)
	assert.Contains(t, c.Found, "the control group allows 2.0 GB, 1.4 GB of it taken")
	assert.Contains(t, c.Next, "ganlib train --dry-run")
	c = checkMemory(fakeRoot(t, nil))
	assert.Equal(t, stateOK, c.State, "a system that does not tell")
}

func TestDoctorThreads(t *testing.T) {
	m := fakeRoot(t, map[string]string{"proc/self/cgroup": "1:cpu:/old\n0::/a\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n", "sys/fs/cgroup/cpu.max": "max 100000\n"})
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	c := checkThreads(m)
	assert.Equal(t, stateWarn, c.State)
	assert.Contains(t, c.Next, "--threads 1")
	runtime.GOMAXPROCS(1)
	assert.Equal(t, stateOK, checkThreads(m).State)
	t.Setenv("GOMAXPROCS", "1")
	c = checkThreads(fakeRoot(t, nil))
	assert.Equal(t, runtime.NumCPU() > 1, c.State == stateWarn)
}

// noGPU is a driver that reaches nothing.
type noGPU struct{ err error }

func (noGPU) Name() string                             { return "none" }
func (d noGPU) Devices() ([]driver.Properties, error)  { return nil, d.err }
func (d noGPU) Open(int) (c driver.Context, err error) { return nil, d.err }

func TestDoctorWithoutGPU(t *testing.T) {
	bare := fakeRoot(t, nil)
	card := fakeRoot(t, map[string]string{"sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n", "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
		"sys/bus/pci/devices/0000:01:00.1/vendor": "0x10de\n", "sys/bus/pci/devices/0000:01:00.1/class": "0x040300\n"})
	module := fakeRoot(t, map[string]string{"proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version:  gcc version 12.2.0\n"})
	for _, c := range []struct {
		name  string
		m     machine
		err   error
		state string
		next  string
	}{
		{"no card", bare, driver.ErrNoDriver, stateOK, ""},
		{"no device", bare, driver.ErrNoDevice, stateOK, ""},
		{"a card without driver", card, driver.ErrNoDriver, stateWarn, "install the driver"},
		{"a container", module, driver.ErrNoDriver, stateWarn, "--gpus all"},
		{"an old driver", card, driver.ErrOldDriver, stateWarn, "470 or later"},
		{"a broken driver", card, &driver.Error{Call: "cuInit", Result: driver.Unknown}, stateFail, "nvidia-smi"},
	} {
		got := c.m.checkGPUs(noGPU{c.err})
		assert.Equal(t, c.state, got.State, c.name)
		assert.Equal(t, "none: "+c.err.Error(), got.Found, c.name)
		assert.Contains(t, got.Next, c.next, c.name)
		assert.Equal(t, c.next == "", got.Next == "", c.name)
	}
	assert.Equal(t, "535.183.01", module.driverVersion())
	assert.Equal(t, 1, card.nvidiaCards())

	t.Setenv("CUDA_VISIBLE_DEVICES", "-1")
	assert.Contains(t, card.checkGPUs(noGPU{driver.ErrNoDevice}).Next, "unset CUDA_VISIBLE_DEVICES=-1")
	t.Setenv(dlopen.Variable, "nowhere.so")
	assert.Contains(t, card.checkGPUs(noGPU{driver.ErrNoDriver}).Next, "unset GANLIB_LIBCUDA")
}

func TestDoctorGPU(t *testing.T) {
	enginetest.Emulated(t)
	c := fakeRoot(t, nil).checkGPUs(ptxsim.New(ptxsim.Options{}))
	assert.NotEqual(t, stateFail, c.State, c.Next)
	assert.Regexp(t, `^cuda:0 .*, compute capability \d\.\d, CUDA \d+\.\d+, \d+\.\d GB free of`, c.Found)
	assert.Equal(t, true, c.Facts["devices"].([]any)[0].(map[string]any)["usable"])
}

// unopened is a driver that lists a GPU which cannot be opened.
type unopened struct{ err error }

func (unopened) Name() string { return "unopened" }
func (unopened) Devices() ([]driver.Properties, error) {
	return []driver.Properties{{Name: "Old\x1bCard", Major: 6, Minor: 1, Version: 12040}}, nil
}
func (d unopened) Open(int) (driver.Context, error) { return nil, d.err }

func TestDoctorGPUThatFails(t *testing.T) {
	m := fakeRoot(t, nil)
	for _, c := range []struct {
		err   error
		state string
		found string
	}{
		{&driver.Error{Call: "cuCtxCreate", Result: driver.OutOfMemory}, stateWarn, "no free memory"},
		{driver.ErrOldDriver, stateWarn, "too old"},
		{errors.New("broken"), stateFail, "broken"},
	} {
		got := m.checkGPUs(unopened{c.err})
		assert.Equal(t, c.state, got.State)
		assert.Contains(t, got.Found, c.found)
		assert.NotEmpty(t, got.Next)
	}
}

func TestWriteChecks(t *testing.T) {
	bad := newCheck("gpu", "a\x1b[2Jb")
	bad.warn("first")
	bad.fail("second %d", 2)
	bad.warn("third")
	list := []check{newCheck("cpu", "fast"), bad}
	var b bytes.Buffer
	require.NoError(t, writeChecks(&b, list, false))
	assert.Equal(t, "ok    cpu          fast\nfail  gpu          a\\x1b[2Jb\n                   next: first; second 2; third\n", b.String())
	b.Reset()
	require.NoError(t, writeChecks(&b, list, true))
	assert.Equal(t, "✓  cpu          fast\n✗  gpu          a\\x1b[2Jb\n                → first; second 2; third\n",
		regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(b.String(), ""))
	assert.Contains(t, b.String(), "\x1b[31m✗\x1b[0m")
	assert.False(t, colourful(&b))
}
