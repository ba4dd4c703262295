package interchange_test

import (
	"fmt"
	"os"
	"path/filepath"

	"ganlib/config"
	"ganlib/formats/torchfile"
	"ganlib/interchange"
	"ganlib/sampler"
)

// A generator that PyTorch trained becomes a run, and draws.
func Example() {
	file, err := os.Open("../testdata/fixtures/adam.pth.tar")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	saved, err := torchfile.Read(file, info.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	preset, err := config.Preset("catfaces")
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := interchange.Fit(interchange.FromTorch(saved.Root()), preset)
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	run := filepath.Join(folder, "cats")
	if err := found.WriteRun(run); err != nil {
		fmt.Println(err)
		return
	}
	s, err := sampler.Open(run)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	img, err := s.Image(42, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(img.Bounds().Size())
	// Output: (16,16)
}
