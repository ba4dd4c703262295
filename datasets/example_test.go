package datasets_test

import (
	"context"
	"fmt"
	"log"

	"ganlib/datasets"
)

// A folder of images becomes one block of bytes; batches are picked from it by an Order.
func Example() {
	src, err := datasets.Open("testdata/inputs", datasets.Options{Size: 16, Channels: 3})
	if err != nil {
		log.Fatal(err)
	}
	set, err := datasets.Load(context.Background(), src, datasets.LoadOptions{Strict: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set)
	fmt.Println(set.Source(8), set.Image(8)[:3])

	order, err := datasets.NewOrder(datasets.OrderConfig{Seed: 3, N: set.N, Batch: 10, Shuffle: true})
	if err != nil {
		log.Fatal(err)
	}
	for range 4 {
		pass := order.Cursor().Pass
		batch := order.Next()
		fmt.Printf("pass %d: %d images, the first %s\n", pass, batch.N, set.Source(batch.Index(0)))
	}
	// Output:
	// inputs: 26 images of 16×16×3, 0.0 MB
	// both.png [193 251 8]
	// pass 0: 10 images, the first plain.gif
	// pass 0: 10 images, the first dot.png
	// pass 0: 6 images, the first 444.jpg
	// pass 1: 10 images, the first 422.jpg
}

func ExampleMNIST() {
	set, err := datasets.MNIST("data/MNIST", datasets.Train)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set)
	// Output: datasets: mnist: no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in data/MNIST: file does not exist
}

func ExampleOrder() {
	o, err := datasets.NewOrder(datasets.OrderConfig{Seed: 1, N: 60_000, Batch: 64, Shuffle: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.Config().Batches(), "batches in a pass")
	for range 937 {
		o.Next()
	}
	stored := o.Cursor() // what a checkpoint keeps
	fmt.Println(stored, o.Next().N, o.Cursor())
	if err := o.Seek(stored); err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.Next().N)
	// Output:
	// 938 batches in a pass
	// {0 59968} 32 {1 0}
	// 32
}

func ExampleModes() {
	real := datasets.EightGaussians(1, 10_000)
	covered, share := datasets.Modes(real.XY, real)
	fmt.Printf("%d of %d modes, %.1f %% within 3σ\n", covered, len(real.Centres), 100*share)

	collapsed := make([]float32, 2*10_000) // every sample is the same point
	for i := range 10_000 {
		collapsed[2*i] = 2
	}
	fmt.Println(datasets.Modes(collapsed, real))
	// Output:
	// 8 of 8 modes, 98.9 % within 3σ
	// 1 1
}
