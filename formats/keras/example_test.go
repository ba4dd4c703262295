package keras_test

import (
	"fmt"
	"os"

	"ganlib/formats/keras"
)

// The weights of a critic that Keras saved, with PyTorch's names and shapes.
func Example() {
	f, err := os.Open("testdata/critic.weights.h5")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	weights, err := keras.Read(f, info.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	tensors, err := weights.WGAN()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range tensors {
		fmt.Println(t.Name, t.Shape)
	}
	// Output:
	// model.0.weight [2 1 5 5]
	// model.0.bias [2]
	// model.2.weight [4 2 5 5]
	// model.2.bias [4]
	// model.5.weight [1 196]
	// model.5.bias [1]
}
