package tuning_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"ganlib/device"
	"ganlib/device/ptxsim"
	"ganlib/kernels"
	"ganlib/tuning"
)

// A program measures its own work once, and uses what it has found out from then on. The emulator stands for a GPU here.
func Example() {
	dev, err := device.OpenCUDA(ptxsim.New(ptxsim.Options{}), 0)
	if err != nil {
		log.Fatal(err)
	}
	defer dev.Close()
	x, err := dev.New(device.Shape{8, 8})
	if err != nil {
		log.Fatal(err)
	}
	y, err := dev.New(device.Shape{8, 8})
	if err != nil {
		log.Fatal(err)
	}
	work := func() error { return kernels.Gemm(y, x, x, kernels.NoTrans, kernels.Transp, false) } // a training's steps, say
	folder, err := os.MkdirTemp("", "tuning")                                                     // tuning.Folder has the one that ganlib uses
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	known, err := tuning.Load(folder, tuning.CardOf(dev))
	if err != nil {
		log.Print(err) // what the file has is left out
	}
	var measured []kernels.Choice
	err = known.Tune(context.Background(), dev, work, func(c kernels.Choice) { measured = append(measured, c) })
	if err != nil {
		log.Fatal(err)
	}
	if err := tuning.Save(folder, tuning.CardOf(dev), measured); err != nil {
		log.Fatal(err)
	}

	known, err = tuning.Load(folder, tuning.CardOf(dev))
	if err != nil {
		log.Fatal(err)
	}
	dev.SetTuning(known)
	for _, c := range known.Choices() {
		fmt.Println(c.Product)
	}
	// Output: gemm_nt of 1×(8,8,8) in float32
}
