package safetensors_test

import (
	"bytes"
	"fmt"

	"ganlib/formats/safetensors"
)

func Example() {
	var b bytes.Buffer
	err := safetensors.Write(&b, []safetensors.Tensor{
		{Name: "model.0.weight", DType: safetensors.F32, Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}},
		{Name: "model.1.num_batches_tracked", DType: safetensors.I64, Data: []int64{938}},
	}, map[string]string{"variant": "wgan-gp"})
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := safetensors.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	weight, shape, err := f.Float32s("model.0.weight")
	fmt.Println(weight, shape, err)
	fmt.Println(f.Names(), f.Metadata()["variant"])
	_, _, err = f.Float32s("model.1.num_batches_tracked")
	fmt.Println(err)
	// Output:
	// [1 2 3 4] [2 2] <nil>
	// [model.0.weight model.1.num_batches_tracked] wgan-gp
	// safetensors: tensor "model.1.num_batches_tracked": has type I64, want F32, F16 or BF16
}
