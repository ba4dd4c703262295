package cli

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
)

// littleMemory is what systems of photographs do not fit into: bytes.
const littleMemory = 1 << 30

// checkMemory tells how much memory is there, and what limits it.
func checkMemory(m machine) check {
	c := newCheck("memory", "")
	fields := m.meminfo()
	available, ok := fields["MemAvailable"]
	if !ok {
		c.Found = "this system does not say how much there is"
		return c
	}
	c.Facts["available_bytes"], c.Facts["total_bytes"] = available, fields["MemTotal"]
	c.Found = fmt.Sprintf("%s available of %s", sized(available), sized(fields["MemTotal"]))
	if limit, used, limited := m.memoryLimit(); limited {
		c.Found += fmt.Sprintf("; the control group allows %s, %s of it taken", sized(limit), sized(used))
		c.Facts["cgroup_limit_bytes"], c.Facts["cgroup_used_bytes"] = limit, used
		available = min(available, limit-used)
	}
	if limit := debug.SetMemoryLimit(-1); os.Getenv("GOMEMLIMIT") != "" && limit != math.MaxInt64 {
		c.Found += fmt.Sprintf("; GOMEMLIMIT is %s", sized(limit))
		c.Facts["gomemlimit_bytes"] = limit
	}
	if available < littleMemory {
		c.warn("close other programs, or train with a smaller BATCH_SIZE, FEATURES_GEN and FEATURES_CRITIC; '%s train --dry-run' prints what a training takes", m.program)
	}
	return c
}

// meminfo returns the sizes in /proc/meminfo, which Linux has, in bytes.
func (m machine) meminfo() map[string]int64 {
	text, err := os.ReadFile(filepath.Join(m.root, "proc/meminfo"))
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

// memoryLimit returns the least memory that the process's control groups allow, and what is taken of it,
// without the files that are in memory only as long as there is room.
func (m machine) memoryLimit() (limit, used int64, limited bool) {
	for _, folder := range m.controlGroups() {
		most, ok := readNumber(filepath.Join(folder, "memory.max"))
		if !ok || limited && most-m.memoryUsed(folder) >= limit-used {
			continue
		}
		limit, used, limited = most, m.memoryUsed(folder), true
	}
	return limit, used, limited
}

func (m machine) memoryUsed(folder string) int64 {
	used, _ := readNumber(filepath.Join(folder, "memory.current"))
	text, err := os.ReadFile(filepath.Join(folder, "memory.stat"))
	if err != nil {
		return used
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == "inactive_file" {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				used -= n
			}
		}
	}
	return max(used, 0)
}

// sized writes a number of bytes in units of 10⁹, small ones of 10⁶.
func sized(n int64) string {
	if n < 1e9 {
		return megabytes(n)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
