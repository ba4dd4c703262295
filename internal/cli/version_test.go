package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ganlib/device"
)

// TestReleaseVersion is that of the linker, before what Go makes of the commit.
func TestReleaseVersion(t *testing.T) {
	before := release
	t.Cleanup(func() { release = before })
	dev := device.NewCPU(1)
	t.Cleanup(func() { assert.NoError(t, dev.Close()) })
	release = ""
	assert.NotContains(t, versionLine(), "v1.2.3-test")
	release = "v1.2.3-test"
	assert.True(t, strings.HasPrefix(versionLine(), "ganlib v1.2.3-test"), versionLine())
	assert.Equal(t, "v1.2.3-test", versionOf(dev).Version)
}
