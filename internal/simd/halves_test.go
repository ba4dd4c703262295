package simd_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
	"ganlib/internal/enginetest"
	"ganlib/internal/simd"
)

// Linux tells the processor's vendor and family too.
func TestHalves(t *testing.T) {
	enginetest.Need(t, device.EngineAVX2) // a build with assembly
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("nothing to compare with: ", err)
	}
	has := func(key, value string) bool {
		for line := range strings.Lines(string(text)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
				return strings.TrimSpace(v) == value
			}
		}
		return false
	}
	assert.Equal(t, has("vendor_id", "AuthenticAMD") && has("cpu family", "25"), simd.Halves())
}
