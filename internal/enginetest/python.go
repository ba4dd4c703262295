package enginetest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Python returns a Python interpreter that has the given modules, and ends the test if there is none. tool is
// the word for that in [Variable]; the environment variable GANLIB_<TOOL>_PYTHON names the interpreter, otherwise
// it is python3.
func Python(t testing.TB, tool string, modules ...string) string {
	t.Helper()
	variable := "GANLIB_" + strings.ToUpper(tool) + "_PYTHON"
	python := os.Getenv(variable)
	if python == "" {
		python = "python3"
	}
	// Only looked for: some take seconds to import, or want a setting.
	find := "import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if not u.find_spec(m)])"
	out, err := exec.Command(python, append([]string{"-c", find}, modules...)...).Output()
	if missing := strings.TrimSpace(string(out)); err == nil && missing != "" {
		err = fmt.Errorf("%s, which %s may name another of, lacks %s", python, variable, missing)
	}
	NeedTool(t, tool, err)
	return python
}

// RunPython runs a program, logs what it prints, and fails the test if it fails.
func RunPython(t testing.TB, python string, args ...string) {
	t.Helper()
	out, err := exec.Command(python, args...).CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
}
