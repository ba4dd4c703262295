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

// Program returns how many bytes of the process's memory are its program's file, code and all, once everything
// of it has been used. The system reads it in as it is used, in larger or smaller pieces.
func Program() int64 {
	name, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return atStart
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return atStart
	}
	return mapped(string(maps), name)
}

// mapped adds up the bytes of a file's pieces in the text of /proc/self/maps.
func mapped(text, name string) (bytes int64) {
	for line := range strings.Lines(text) {
		place, _, _ := strings.Cut(line, " ")
		first, last, _ := strings.Cut(place, "-")
		from, err := strconv.ParseUint(first, 16, 64)
		to, err2 := strconv.ParseUint(last, 16, 64)
		if err == nil && err2 == nil && to > from && strings.HasSuffix(line, " "+name+"\n") {
			bytes += int64(to - from)
		}
	}
	return bytes
}

// Settled is [Resident] with all of the program's file: what the process comes to without taking anything.
func Settled() int64 {
	files, ok := status("RssFile:")
	if !ok {
		return Resident()
	}
	return Resident() + max(Program()-files, 0)
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
