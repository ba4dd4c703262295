package simd

// Halves reports whether the processor computes vectors of 512 bits in two steps, so that those of 256
// bits are as fast for each lane: AMD's Zen 4.
func Halves() bool {
	if !hasAssembly {
		return false
	}
	const amd, zen3and4 = 0x444d4163, 0x19 // "cAMD", the end of the vendor's name; the first of the two lacks AVX-512
	_, _, vendor := cpuid(0)
	version, _, _ := cpuid(1)
	family := version>>8&0xf + version>>20&0xff
	return vendor == amd && family == zen3and4
}
