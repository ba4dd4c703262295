package process

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMemory(t *testing.T) {
	before := Resident()
	assert.Greater(t, before, int64(1<<20))
	peak, ok := Peak()
	assert.Equal(t, runtime.GOOS == "linux", ok)
	if !ok {
		t.Skip("only Linux tells more")
	}
	assert.GreaterOrEqual(t, peak, before)
	touched := make([]byte, 64<<20)
	for i := range touched {
		touched[i] = 1
	}
	assert.Greater(t, Resident(), before+60<<20)
	runtime.KeepAlive(touched)
}

func TestProgram(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	info, err := os.Stat(exe)
	require.NoError(t, err)
	assert.Greater(t, Program(), int64(1<<20))
	assert.LessOrEqual(t, Program(), info.Size()+1<<20)
	assert.GreaterOrEqual(t, Settled(), Program())

	text := "00400000-00402000 r--p 00000000 fe:00 2     /bin/a b\n" +
		"00402000-00405000 r-xp 00002000 fe:00 2     /bin/a b\n" +
		"00405000-00409000 rw-p 00000000 00:00 0 \n" +
		"7f0000000000-7f0000001000 r--p 00000000 fe:00 3     /data/bin/a b\n" +
		"x-y /bin/a b\n9-1 /bin/a b\n\n"
	assert.Equal(t, int64(0x5000), mapped(text, "/bin/a b"))
	assert.Zero(t, mapped(text, "/bin/a"))
}

func TestField(t *testing.T) {
	text := "Name:\tcat\nVmHWM:\t    1234 kB\nVmRSS:\t     100 kB\nVmSwap:\tx kB\n"
	n, ok := field(text, "VmHWM:")
	assert.True(t, ok)
	assert.Equal(t, int64(1234<<10), n)
	for _, name := range []string{"VmPeak:", "VmSwap:", "Name:"} {
		_, ok := field(text, name)
		assert.False(t, ok, name)
	}
}
