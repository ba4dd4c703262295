package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// testPackage is a package whose tests run here.
type testPackage struct {
	binary string // in the folder of the programs
	folder string // of the package, in the repository
	args   []string
}

// packages are the tests that say something about a GPU, those of drivers first: what fails there fails
// everywhere.
var packages = []testPackage{
	{"dlopen.test", "device/dlopen", []string{"-test.run", "GPU"}},
	{"cudrv.test", "device/cudrv", []string{"-test.run", "GPU"}},
	{"snippets.test", "device/driver/snippets", []string{"-test.run", "GPU"}},
	{"device.test", "device", []string{"-test.run", "CUDA|GPU|Repeat"}},
	{"kernels.test", "kernels", []string{"-test.run", "GPU|PTX", "-test.skip", emulated}},
	{"conformance.test", "conformance", []string{"-test.run", "GPU", "-test.skip", emulated}},
}

// emulated are subtests on the emulator, which run in many places; here time is dear.
const emulated = "/ptxsim$|/.*/ptxsim$|/.*/.*/ptxsim$|/.*/.*/.*/ptxsim$"

// suite is the outcome of a package's tests.
type suite struct {
	Package string   `json:"package"`
	Passed  int      `json:"passed"`
	Skipped []string `json:"skipped,omitempty"`
	Failed  []string `json:"failed,omitempty"`
	Error   string   `json:"error,omitempty"` // if the program itself failed
	Seconds float64  `json:"seconds"`
}

func (s suite) ok() bool { return s.Error == "" && len(s.Failed) == 0 }

func (s suite) line() string {
	return fmt.Sprintf("%s: %d passed, %d skipped, %d failed, %.1f s %s", s.Package, s.Passed, len(s.Skipped), len(s.Failed), s.Seconds, s.Error)
}

// longest is how long one package's tests may take.
const longest = 5 * time.Minute

// run runs a package's tests, whose output it adds to tests.txt in out.
func (p testPackage) run(bin, out string) suite {
	s := suite{Package: p.folder}
	if abs, err := filepath.Abs(out); err == nil { // the tests run in another folder
		out = abs
	}
	var log bytes.Buffer
	args := append([]string{"-test.v", "-test.timeout", longest.String()}, p.args...)
	cmd := exec.Command(filepath.Join(bin, p.binary), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.folder, &log, &log
	cmd.Env = append(os.Environ(), "GANLIB_REQUIRE=cuda", "GANLIB_SNIPPETS_OUT="+filepath.Join(out, "snippets.json"))
	start := time.Now()
	err := cmd.Run()
	s.Seconds = time.Since(start).Seconds()
	s.read(log.String())
	var exit *exec.ExitError
	if err != nil && (len(s.Failed) == 0 || !errors.As(err, &exit)) {
		s.Error = err.Error()
	}
	if err := appendFile(filepath.Join(out, "tests.txt"), log.Bytes()); err != nil && s.Error == "" {
		s.Error = err.Error()
	}
	return s
}

func appendFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

var outcome = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)

// read counts outcomes in the output of tests.
func (s *suite) read(log string) {
	for line := range strings.Lines(log) {
		m := outcome.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[1] == "PASS":
			s.Passed++
		case m[1] == "SKIP":
			s.Skipped = append(s.Skipped, m[2])
		default:
			s.Failed = append(s.Failed, m[2])
		}
	}
}
