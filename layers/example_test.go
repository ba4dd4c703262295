package layers_test

import (
	"fmt"
	"os"

	"ganlib/device"
	"ganlib/kernels"
	"ganlib/layers"
)

// A small critic: its scores, its gradients, and its summary.
func Example() {
	dev := device.NewCPU(0)
	defer dev.Close()
	critic, err := layers.NewNetwork(dev, "critic", device.Shape{8, 8, 1},
		layers.Named{Name: "conv", Layer: &layers.Conv2D{In: 1, Out: 4, Window: kernels.Square(4, 2, 1), Bias: true}},
		&layers.LeakyReLU{Slope: 0.2},
		&layers.Flatten{},
		layers.Named{Name: "score", Layer: &layers.Linear{In: 64, Out: 1, Bias: true}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := critic.Init("pytorch", 1); err != nil {
		fmt.Println(err)
		return
	}
	images, err := dev.New(device.Shape{2, 8, 8, 1}) // two black images
	if err != nil {
		fmt.Println(err)
		return
	}
	var tr layers.Trace
	ws := device.NewWorkspace(dev)
	scores, err := critic.Forward(&tr, ws, images, layers.Train)
	if err != nil {
		fmt.Println(err)
		return
	}
	ones := ws.New(scores.Shape())
	if err := kernels.Fill(ones, 1); err != nil {
		fmt.Println(err)
		return
	}
	gradient, err := tr.Backward(ones, layers.Want{Input: layers.All, Params: layers.All})
	if err != nil {
		fmt.Println(err)
		return
	}
	bias, err := critic.Params()[3].TorchOrder(critic.Params()[3].Grad)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("scores", scores.Shape(), "image gradients", gradient.Shape())
	fmt.Println(critic.Params()[3].Name, "gradient", bias)
	fmt.Println(critic.NumParams(), "parameters")
	// Output:
	// scores (2,1) image gradients (2,8,8,1)
	// score.bias gradient [2]
	// 133 parameters
}

func ExampleNetwork_Summarise() {
	net, err := layers.NewNetwork(device.NewMeta(), "mlp", device.Shape{100},
		&layers.Linear{In: 100, Out: 256, Bias: true}, layers.ReLU(), &layers.Linear{In: 256, Out: 784, Bias: true}, &layers.Tanh{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := net.Summarise(64).Write(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// mlp
	// name         layer                                                      output                     params
	// 0            Linear(100→256)                                            (64,256)                    25856
	// 1            ReLU                                                       (64,256)                        0
	// 2            Linear(256→784)                                            (64,784)                   201488
	// 3            Tanh                                                       (64,784)                        0
	// Total params: 227344
	// Trainable params: 227344
	// Non-trainable params: 0
	// Total mult-adds (M): 14.55
	// Mult-adds really done (M): 14.48
	// Input size (MB): 0.03
	// Forward/backward pass size (MB): 0.53
	// Params size (MB): 0.91
	// Estimated Total Size (MB): 1.47
}
