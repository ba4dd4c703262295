package drawn_test

import (
	"fmt"

	"ganlib/datasets"
	"ganlib/datasets/drawn"
)

var _ datasets.Images = (*drawn.Faces)(nil)

func ExampleNew() {
	faces, err := drawn.New(1, 8192, 64, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, w, c := faces.Size()
	image := make([]byte, h*w*c)
	if err := faces.Read(0, image); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(faces.Name(), faces.Len(), h, w, c)
	// Output: drawn cat faces (seed 1) 8192 64 64 3
}
