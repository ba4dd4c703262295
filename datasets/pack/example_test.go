package pack_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"ganlib/datasets"
	"ganlib/datasets/pack"
)

// The test images of package datasets are the same few pictures in several encodings.
func Example() {
	src, err := datasets.Open("../testdata/inputs", datasets.Options{Size: 16, Channels: 3, MinSide: 8})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	report, err := pack.Build(context.Background(), src, &file, pack.Defaults())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Images, "images,", report.Kept, "kept")
	for _, reason := range pack.Reasons() {
		fmt.Println(reason, report.Count(reason))
	}
	// Output:
	// 26 images, 14 kept
	// unreadable 0
	// size 5
	// exact duplicate 4
	// near duplicate 3
}
