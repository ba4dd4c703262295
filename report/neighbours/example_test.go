package neighbours_test

import (
	"fmt"

	"ganlib/report/neighbours"
)

func Example() {
	// Two grey images of one pixel each, and a sample that is nearly the second.
	x, err := neighbours.NewIndex([]byte{0, 255}, 2, 1, 1, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := x.Nearest([]float32{0.9}, 2)
	for _, m := range found {
		fmt.Printf("image %d, %.2f away\n", m.Index, m.Distance)
	}
	fmt.Println(err)
	// Output:
	// image 1, 0.05 away
	// image 0, 0.95 away
	// <nil>
}
