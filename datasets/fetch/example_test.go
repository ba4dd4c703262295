package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"

	"ganlib/datasets/fetch"
)

// small stands for the published files of MNIST.
var small = map[string][]byte{
	"train-images-idx3-ubyte.gz": []byte("60,000 images"),
	"train-labels-idx1-ubyte.gz": []byte("60,000 labels"),
	"t10k-images-idx3-ubyte.gz":  []byte("10,000 images"),
	"t10k-labels-idx1-ubyte.gz":  []byte("10,000 labels"),
}

// ExampleFetch fetches MNIST from a mirror, here a server on this machine, and again when it is there.
// A program that leaves out BaseURL gets the published files.
func ExampleFetch() {
	defer fetch.UseFiles("mnist", small)()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(small[path.Base(r.URL.Path)])
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "data")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	for range 2 {
		result, err := fetch.Fetch(context.Background(), "mnist", fetch.Options{Dir: dir, BaseURL: server.URL})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("train on", filepath.Base(result.Dir))
		for _, file := range result.Files {
			fmt.Println(filepath.Base(file.Path), file.Bytes, "bytes,", file.Received, "fetched")
		}
	}
	// Output:
	// train on MNIST
	// train-images-idx3-ubyte.gz 13 bytes, 13 fetched
	// train-labels-idx1-ubyte.gz 13 bytes, 13 fetched
	// t10k-images-idx3-ubyte.gz 13 bytes, 13 fetched
	// t10k-labels-idx1-ubyte.gz 13 bytes, 13 fetched
	// train on MNIST
	// train-images-idx3-ubyte.gz 13 bytes, 0 fetched
	// train-labels-idx1-ubyte.gz 13 bytes, 0 fetched
	// t10k-images-idx3-ubyte.gz 13 bytes, 0 fetched
	// t10k-labels-idx1-ubyte.gz 13 bytes, 0 fetched
}

// A set without an open address tells where to get it and where to put it.
func ExampleFetch_byHand() {
	_, err := fetch.Fetch(context.Background(), "catfaces", fetch.Options{})
	fmt.Println(errors.Is(err, fetch.ErrByHand))
	// Output: true
}

func ExampleSets() {
	for _, s := range fetch.Sets() {
		fmt.Printf("%-11s %4d MB  open %-5v  %s\n", s.Name, s.Bytes/1e6, s.Open(), s.Dir)
	}
	// Output:
	// mnist         11 MB  open true   MNIST
	// oxford-pets  811 MB  open true   PetFaces/cats
	// catfaces       0 MB  open false  CatFaces/cats
	// celeba         0 MB  open false  celeba_gan/celeb
}
