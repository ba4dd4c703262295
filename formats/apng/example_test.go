package apng_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"time"

	"ganlib/formats/apng"
)

func Example() {
	var file bytes.Buffer
	e, err := apng.NewEncoder(&file, 16, apng.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range 16 {
		frame := image.NewGray(image.Rect(0, 0, 16, 16))
		frame.Pix[17*i] = 255 // a dot that moves along the diagonal
		if err := e.Add(frame, 50*time.Millisecond); err != nil {
			fmt.Println(err)
		}
	}
	if err := e.Close(); err != nil {
		fmt.Println(err)
	}
	first, err := png.Decode(&file)
	fmt.Println(first.Bounds(), err)
	// Output: (0,0)-(16,16) <nil>
}
