package cli

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"

	memory "ganlib/internal/process"
)

// littleMemory is what systems of photographs do not fit into: bytes.
const littleMemory = 1 << 30

// checkMemory tells how much memory is there, and what limits it.
func checkMemory(m machine) check {
	c := newCheck("memory", "")
	fields := m.system().Memory()
	available, ok := fields["MemAvailable"]
	if !ok {
		c.Found = "this system does not say how much there is"
		return c
	}
	c.Facts["available_bytes"], c.Facts["total_bytes"] = available, fields["MemTotal"]
	c.Found = fmt.Sprintf("%s available of %s", memory.Size(available), memory.Size(fields["MemTotal"]))
	if limit, used, limited := m.system().MemoryLimit(); limited {
		c.Found += fmt.Sprintf("; the control group allows %s, %s of it taken", memory.Size(limit), memory.Size(used))
		c.Facts["cgroup_limit_bytes"], c.Facts["cgroup_used_bytes"] = limit, used
		available = min(available, limit-used)
	}
	if limit := debug.SetMemoryLimit(-1); os.Getenv("GOMEMLIMIT") != "" && limit != math.MaxInt64 {
		c.Found += fmt.Sprintf("; GOMEMLIMIT is %s", memory.Size(limit))
		c.Facts["gomemlimit_bytes"] = limit
	}
	if available < littleMemory {
		c.warn("close other programs, or train with a smaller BATCH_SIZE, FEATURES_GEN and FEATURES_CRITIC; '%s train --dry-run' prints what a training takes", m.program)
	}
	return c
}
