package drawn

import "testing"

func BenchmarkRead64(b *testing.B) {
	f, err := New(1, 1, 64, 3)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]byte, 64*64*3)
	i := 0
	for b.Loop() {
		if err := f.Read(i, dst); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
