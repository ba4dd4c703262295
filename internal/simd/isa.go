package simd

// ISA is the instruction set that kernels run on.
type ISA int

const (
	Go     ISA = iota // the twins, on any machine
	AVX2              // with FMA
	AVX512            // F, VL, BW and DQ
)

func (i ISA) String() string { return [...]string{"go", "avx2", "avx512"}[i] }

// Lanes returns the number of float32 in a vector.
func (i ISA) Lanes() int {
	if i == AVX2 {
		return 8
	}
	return 16
}
