package process

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// system is a computer with the given files.
func system(t *testing.T, files map[string]string) System {
	t.Helper()
	root := t.TempDir()
	for path, text := range files {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	return System{root}
}

func TestAvailable(t *testing.T) {
	const info = "MemTotal:  8 kB\nMemAvailable:   25690112 kB\nBuffers: 1 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no limit": {map[string]string{"proc/meminfo": info}, 25690112 << 10},
		"a container": {map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "1000000000\n", "sys/fs/cgroup/memory.current": "300000000\n", "sys/fs/cgroup/memory.stat": "inactive_file 100000000\n"}, 800_000_000},
		"a group around it": {map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "5000\n", "sys/fs/cgroup/a/memory.current": "2000\n"}, 3000},
		"a full group": {map[string]string{"proc/meminfo": info, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "10\n", "sys/fs/cgroup/memory.current": "20\n"}, 0},
		"version 1": {map[string]string{"proc/meminfo": info, "proc/self/cgroup": "4:cpu,memory:/job\n0::/\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "7000\n", "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 6000},
		"version 1 without a limit": {map[string]string{"proc/meminfo": info, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 25690112 << 10},
	} {
		n, err := system(t, c.files).Available()
		require.NoError(t, err, name)
		assert.Equal(t, c.want, n, name)
	}
	for _, text := range []string{"", "MemAvailable:\n", "MemAvailable: x kB\n", "MemAvailable: -1 kB\n", "MemAvailable: 9223372036854775807 kB\n", "MemAvailable: 5 MB\n"} {
		_, err := system(t, map[string]string{"proc/meminfo": text}).Available()
		assert.ErrorIs(t, err, ErrUnknown, "%q", text)
	}
	_, err := system(t, nil).Available()
	assert.ErrorIs(t, err, ErrUnknown)
}
