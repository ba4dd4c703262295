package losses_test

import (
	"fmt"

	"ganlib/device"
	"ganlib/losses"
)

func ExampleWasserstein() {
	dev := device.NewCPU(1)
	defer dev.Close()
	shape := device.Shape{4, 1}
	var t [5]*device.Tensor // loss, dReal, dFake, real, fake
	for i, s := range []device.Shape{{1}, shape, shape, shape, shape} {
		var err error
		if t[i], err = dev.New(s); err != nil {
			fmt.Println(err)
			return
		}
	}
	loss, dReal, dFake, real, fake := t[0], t[1], t[2], t[3], t[4]
	if err := real.CopyFrom([]float32{2, 3, 1, 2}); err != nil {
		fmt.Println(err)
		return
	}
	if err := losses.Wasserstein(loss, dReal, dFake, real, fake); err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range []*device.Tensor{loss, dReal, dFake} {
		values, err := x.Float32s()
		fmt.Println(values, err)
	}
	// Output:
	// [-2] <nil>
	// [-0.25 -0.25 -0.25 -0.25] <nil>
	// [0.25 0.25 0.25 0.25] <nil>
}

func ExampleJS() {
	// Two distributions with no outcome in common, near and far: the divergence is ln 2 either way.
	near, err := losses.JS([]float64{1, 0, 0, 0}, []float64{0, 1, 0, 0})
	fmt.Printf("%.4f nats %v\n", near, err)
	far, err := losses.JS([]float64{1, 0, 0, 0}, []float64{0, 0, 0, 1})
	fmt.Printf("%.4f nats %v\n", far, err)
	// Output:
	// 0.6931 nats <nil>
	// 0.6931 nats <nil>
}
