package packed_test

import (
	"bytes"
	"fmt"

	"ganlib/formats/packed"
)

func Example() {
	var b bytes.Buffer
	w, err := packed.NewWriter(&b, 2, 2, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"cats/tom.png", "cats/kitty.png"} {
		if err := w.Add([]byte{0, 80, 160, 240}, name); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := w.Close(map[string]string{"name": "cats"}); err != nil {
		fmt.Println(err)
		return
	}

	f, err := packed.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	pix := make([]byte, 4)
	fmt.Println(f.Image(1, pix), f.Name(1), pix)

	b.Bytes()[64]++ // a pixel of the first
	fmt.Println(f.Image(0, pix))
	// Output:
	// <nil> cats/kitty.png [0 80 160 240]
	// packed: image 0 ("cats/tom.png"): the pixels have the check sum 55c36aa2: want 8886c01a
}
