package device

// largeBytes is the size from which memory is asked for in large pages.
const largeBytes = 64 << 10

// NewSlice returns n zeroed elements. Large slices lie in large pages where the operating system has
// them: kernels walk through more memory at a time than a processor can address in small pages
// without looking addresses up.
func NewSlice[T Float](n int) []T {
	s := make([]T, n)
	advise(s)
	return s
}
