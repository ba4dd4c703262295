package report_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"

	"ganlib/report"
)

func ExampleGrid() {
	samples := make([]float32, 32*64*64*3) // (N,H,W,C), values in [-1,1]
	grid, err := report.Grid(samples, 32, 64, 64, 3, report.GridOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	if err := png.Encode(&file, grid); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(grid.Bounds().Size())
	// Output: (530,266)
}

func ExampleScalarWriter() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w, err := report.OpenScalars(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = w.Append(report.Scalars{Step: 0, CriticLoss: -0.5, CriticLossGP: 8.7, Penalty: 9.2, GeneratorLoss: 0.01})
	_ = w.Append(report.Scalars{Step: 1, CriticLoss: -1.5, CriticLossGP: 6.5, Penalty: 8, GeneratorLoss: 0.02})
	_ = w.Truncate(1) // resume from the state after step 0
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}
	table, err := os.ReadFile(dir + "/scalars.csv")
	fmt.Print(string(table))
	fmt.Println(err)
	// Output:
	// step,epoch,critic_loss,critic_loss_gp,penalty,generator_loss,images_per_s,seconds
	// 0,0,-0.5,8.7,9.2,0.01,0,0
	// <nil>
}

func ExampleWriteScores() {
	if err := report.WriteScores(os.Stdout, []float32{-3.25, 1.5}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// index,score
	// 0,-3.25
	// 1,1.5
}
