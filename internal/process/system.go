package process

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrUnknown is returned where the system does not say how much memory there is.
var ErrUnknown = errors.New("the machine does not say how much memory it has")

// Available is that of this computer's [System].
func Available() (int64, error) { return System{Root: "/"}.Available() }

// System is a computer as Linux shows it in files.
type System struct {
	Root string // the file system's root, for /proc and /sys
}

// Available returns how many bytes more can be taken without swapping: MemAvailable, or what the limits of
// the process's control groups leave if that is less.
func (s System) Available() (int64, error) {
	available, ok := s.Memory()["MemAvailable"]
	if !ok {
		return 0, ErrUnknown
	}
	if limit, used, limited := s.MemoryLimit(); limited {
		available = min(available, max(limit-used, 0))
	}
	return available, nil
}

// Memory returns the sizes in /proc/meminfo in bytes; none where there is no such file.
func (s System) Memory() map[string]int64 {
	text, err := os.ReadFile(filepath.Join(s.Root, "proc/meminfo"))
	if err != nil {
		return nil
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "kB" {
			continue
		}
		if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil && n >= 0 && n <= math.MaxInt64>>10 {
			sizes[strings.TrimSuffix(fields[0], ":")] = n << 10
		}
	}
	return sizes
}

// groupFiles are the files about memory in a control group's folder.
type groupFiles struct{ limit, used, idle string }

var (
	groupFiles1 = groupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	groupFiles2 = groupFiles{"memory.max", "memory.current", "inactive_file"}
)

// MemoryLimit returns the limit of the process's control groups that leaves least, and what is taken of it,
// without the files that are in memory only as long as there is room.
func (s System) MemoryLimit() (limit, used int64, limited bool) {
	look := func(folder string, f groupFiles) {
		most, ok := readNumber(filepath.Join(folder, f.limit))
		if !ok {
			return
		}
		if taken := f.taken(folder); !limited || most-taken < limit-used {
			limit, used, limited = most, taken, true
		}
	}
	for _, folder := range s.ControlGroups() {
		look(folder, groupFiles2)
	}
	for _, folder := range s.groups("sys/fs/cgroup/memory", "memory") {
		look(folder, groupFiles1)
	}
	if limit >= 1<<62 { // version 1 has a number for no limit
		return 0, 0, false
	}
	return limit, used, limited
}

func (f groupFiles) taken(folder string) int64 {
	used, _ := readNumber(filepath.Join(folder, f.used))
	text, err := os.ReadFile(filepath.Join(folder, "memory.stat"))
	if err != nil {
		return used
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == f.idle {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				used -= n
			}
		}
	}
	return max(used, 0)
}

// ControlGroups returns the folders of the process's control group and of those around it, as version 2 of
// control groups has them.
func (s System) ControlGroups() []string { return s.groups("sys/fs/cgroup", "") }

// groups returns the folders below top of the control group that a controller has the process in, "" being
// all of version 2, and of those around it. In a container the folders that are not there are the host's.
func (s System) groups(top, controller string) []string {
	text, err := os.ReadFile(filepath.Join(s.Root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	path := "/"
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) == 3 && slices.Contains(strings.Split(fields[1], ","), controller) {
			path = filepath.Clean("/" + fields[2])
		}
	}
	var folders []string
	for ; path != "/"; path = filepath.Dir(path) {
		folders = append(folders, filepath.Join(s.Root, top, path))
	}
	return append(folders, filepath.Join(s.Root, top))
}

// readNumber reads a file with one whole number.
func readNumber(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
