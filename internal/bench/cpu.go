package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// CPU names the processor, as far as the machine tells: on Linux its model, with family and number,
// since virtual machines give many processors one name.
func CPU() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	return cpuIn(string(text))
}

// cpuIn finds the first processor in the text of /proc/cpuinfo.
func cpuIn(text string) string {
	first, _, _ := strings.Cut(text, "\n\n")
	fields := map[string]string{}
	for line := range strings.Lines(first) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	name := fields["model name"]
	if name == "" {
		return runtime.GOARCH
	}
	if fields["model"] != "" {
		name += fmt.Sprintf(" (family %s, model %s)", fields["cpu family"], fields["model"])
	}
	return name
}
