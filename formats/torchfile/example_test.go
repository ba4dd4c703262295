package torchfile_test

import (
	"bytes"
	"errors"
	"fmt"

	"ganlib/formats/torchfile"
)

func Example() {
	var b bytes.Buffer
	err := torchfile.Write(&b, torchfile.NewDict().
		Set("state_dict", torchfile.NewOrderedDict().
			Set("model.0.weight", torchfile.NewFloat32([]int{2, 2}, []float32{1, 2, 3, 4})).
			Set("model.1.num_batches_tracked", torchfile.NewInt64(nil, []int64{938}))).
		Set("epoch", 3))
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := torchfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = torchfile.Walk(f.Root(), func(path string, value any) error {
		t, ok := value.(*torchfile.Tensor)
		if !ok {
			fmt.Println(path, value)
			return nil
		}
		values, err := t.Float64s()
		if t.DType() == torchfile.Int64 {
			counts, intErr := t.Int64s()
			fmt.Println(path, t.Shape(), counts)
			return intErr
		}
		fmt.Println(path, t.Shape(), values)
		return err
	})
	fmt.Println(err)
	// Output:
	// state_dict.model.0.weight [2 2] [1 2 3 4]
	// state_dict.model.1.num_batches_tracked [] [938]
	// epoch 3
	// <nil>
}

// A file that asks for code is refused by name.
func ExampleRefusedError() {
	file := []byte("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.")
	_, err := torchfile.Read(bytes.NewReader(file), int64(len(file)))
	var refused *torchfile.RefusedError
	fmt.Println(errors.As(err, &refused), refused.Name)
	// Output: true posix.system
}
