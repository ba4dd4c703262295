package ptx

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOccupancy(t *testing.T) {
	for _, c := range []struct {
		card                       string
		threads, registers, shared int
		want                       int
	}{
		{"sm_90", 256, 32, 0, 100},
		{"sm_90", 256, 33, 0, 75},        // 40 registers: six blocks of eight
		{"sm_90", 128, 250, 0, 12},       // two blocks
		{"sm_75", 128, 250, 0, 25},       // of half as many warps
		{"sm_90", 256, 40, 56 << 10, 50}, // four blocks by shared memory, for 1 KB more is taken
		{"sm_75", 256, 40, 32 << 10, 50},
		{"sm_75", 32, 16, 0, 50}, // sixteen blocks
		{"sm_90", 33, 16, 0, 100},
	} {
		assert.Equal(t, c.want, limitsOf[c.card].occupancy(c.threads, c.registers, c.shared), "%+v", c)
	}
	for _, card := range Cards {
		assert.Contains(t, limitsOf, card)
	}
}

func TestThreadsOf(t *testing.T) {
	assert.Equal(t, map[string]int{"a": 256, "b": 128}, threadsOf(`.visible .entry a(
	.param .u64 a_param_0,
	.param .u32 a_param_1
)
.maxntid 256, 1, 1
{
}
.visible .entry b()
.maxntid 128, 1, 1
.minnctapersm 2
{
`))
}
