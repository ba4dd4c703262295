package npz_test

import (
	"bytes"
	"fmt"

	"ganlib/formats/npz"
)

// What numpy.savez would write, and reading it.
func Example() {
	var b bytes.Buffer
	err := npz.Write(&b, []npz.Array{
		{Name: "z", DType: npz.Float32, Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}},
		{Name: "labels", DType: npz.Int64, Shape: []int{3}, Data: []int64{7, 1, 0}},
	}, npz.WriteOptions{Compress: true})
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := npz.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range f.Names() {
		array, err := f.Array(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		values, err := array.Float64s()
		fmt.Println(name, array.DType, array.Shape, values, err)
	}
	// Output:
	// labels <i8 [3] [7 1 0] <nil>
	// z <f4 [2 2] [1 2 3 4] <nil>
}
