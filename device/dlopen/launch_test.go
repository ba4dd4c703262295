//go:build linux && (amd64 || arm64) && !nocuda

package dlopen_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ganlib/device/dlopen"
	"ganlib/internal/enginetest"
)

func TestLaunchDoesNotAllocate(t *testing.T) {
	fake := newFake(t)
	launchDoesNotAllocate(t)
	assert.Greater(t, fake.launches(), 200)
}

func launchDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("sync.Pool forgets things on purpose under the race detector")
	}
	c, l := launched(t, dlopen.New())
	require.NoError(t, c.Capture())
	require.NoError(t, c.Launch(l))
	g, err := c.EndCapture()
	require.NoError(t, err)
	assert.Zero(t, enginetest.Allocations(100, func() { assert.NoError(t, c.Launch(l)) }), "of a launch")
	assert.Zero(t, enginetest.Allocations(100, func() { assert.NoError(t, g.Launch()) }), "of a graph launch")
	require.NoError(t, c.Sync())
}

func BenchmarkLaunchFake(b *testing.B) {
	newFake(b)
	benchmarkLaunch(b)
}

func BenchmarkLaunch(b *testing.B) {
	needGPU(b)
	benchmarkLaunch(b)
}

func benchmarkLaunch(b *testing.B) {
	c, l := launched(b, dlopen.New())
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Launch(l); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, c.Sync())
}
