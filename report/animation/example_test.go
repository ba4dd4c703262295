package animation_test

import (
	"bytes"
	"fmt"
	"image"
	"image/gif"

	"ganlib/report/animation"
)

func ExampleWrite() {
	var file bytes.Buffer
	err := animation.Write(&file, animation.GIF, 16, func(i int) (image.Image, error) {
		frame := image.NewGray(image.Rect(0, 0, 16, 16))
		frame.Pix[17*i] = 255 // a dot that moves along the diagonal
		return frame, nil
	}, animation.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := gif.DecodeAll(&file)
	fmt.Println(len(g.Image), g.Delay[0], err)
	// Output: 16 8 <nil>
}
