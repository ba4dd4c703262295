// Sample loads a trained generator and asks it for pictures from several goroutines at a time:
//
//	go run . -path trains/train0 -n 4 -seed 7
//
// The pictures are a function of the seed and their number alone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"log"
	"sync"

	"ganlib/runs"
	"ganlib/sampler"
)

func main() {
	path := flag.String("path", "trains/train0", "run folder or checkpoint")
	n := flag.Int("n", 4, "number of pictures")
	seed := flag.Uint64("seed", 7, "seed of the noise")
	flag.Parse()
	if err := run(*path, *n, *seed); err != nil {
		log.Fatal(err)
	}
}

func run(path string, n int, seed uint64) error {
	s, err := sampler.Open(path)
	if err != nil {
		return err
	}
	defer s.Close()

	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = write(s, seed, i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func write(s *sampler.Sampler, seed uint64, i int) error {
	img, err := s.Image(seed, i)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("sample-%d.png", i)
	if err := runs.WriteFile(name, func(w io.Writer) error { return png.Encode(w, img) }); err != nil {
		return err
	}
	fmt.Println("wrote", name, img.Bounds().Size())
	return nil
}
