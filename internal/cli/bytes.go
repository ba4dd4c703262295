package cli

import "fmt"

// megabytes writes a number of bytes in units of 10⁶, or of 10³ where that would be nothing.
func megabytes(n int64) string {
	if n < 100_000 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
