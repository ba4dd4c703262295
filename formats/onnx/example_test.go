package onnx_test

import (
	"bytes"
	"fmt"

	"ganlib/device"
	"ganlib/formats/onnx"
	"ganlib/kernels"
	"ganlib/layers"
)

// A small generator as an ONNX model, and a look into it.
func Example() {
	dev := device.NewCPU(0)
	defer dev.Close()
	generator, err := layers.NewNetwork(dev, "generator", device.Shape{1, 1, 8},
		layers.Named{Name: "up", Layer: &layers.ConvTranspose2D{In: 8, Out: 4, Window: kernels.Square(4, 1, 0)}},
		layers.Named{Name: "norm", Layer: &layers.BatchNorm{Features: 4, Eps: 1e-5, Momentum: 0.1}},
		layers.ReLU(),
		layers.Named{Name: "image", Layer: &layers.ConvTranspose2D{In: 4, Out: 3, Window: kernels.Square(4, 2, 1), Bias: true}},
		&layers.Tanh{},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := generator.Init("pytorch", 1); err != nil {
		fmt.Println(err)
		return
	}
	model, err := onnx.Export(generator, onnx.Options{Input: "z", Output: "image", Metadata: map[string]string{"author": "me"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := model.Write(&file); err != nil {
		fmt.Println(err)
		return
	}

	model, err = onnx.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, node := range model.Graph.Nodes {
		fmt.Println(node.Op, node.Inputs)
	}
	fmt.Println(model.Graph.Inputs[0].Dims, model.Graph.Outputs[0].Dims, model.Metadata)
	// Output:
	// ConvTranspose [z up.weight]
	// BatchNormalization [layer0_ConvTranspose norm.weight norm.bias norm.running_mean norm.running_var]
	// Relu [layer1_BatchNormalization]
	// ConvTranspose [layer2_Relu image.weight image.bias]
	// Tanh [layer3_ConvTranspose]
	// [N 8 1 1] [N 3 8 8] map[author:me layout:NCHW network:generator output_range:[-1,1]]
}
