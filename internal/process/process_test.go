package process

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
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
