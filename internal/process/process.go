// Package process tells how much memory this process takes.
package process

import (
	"os"
	"strconv"
	"strings"
)

// atStart is about what a program of this module takes before it has done anything.
const atStart = 16 << 20

// Resident returns the bytes of memory that the process takes now. Where the system does not tell, it is
// what a program takes at its start.
func Resident() int64 {
	if n, ok := status("VmRSS:"); ok {
		return n
	}
	return atStart
}

// Peak returns the most bytes of memory that the process has taken so far, and whether the system tells.
func Peak() (bytes int64, ok bool) { return status("VmHWM:") }

// status reads a line of /proc/self/status, which Linux has.
func status(name string) (bytes int64, ok bool) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	return field(string(text), name)
}

// field finds a number of kilobytes in the text of /proc/self/status.
func field(text, name string) (bytes int64, ok bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == name && fields[2] == "kB" {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n << 10, err == nil
		}
	}
	return 0, false
}

// Accounted returns the bytes that memory of the given size takes with what Go needs to keep account of
// it, and to run.
func Accounted(bytes int64) int64 { return bytes + bytes/128 + 4<<20 }
