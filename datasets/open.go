package datasets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Open reads the images at a path by what is there:
//
//   - a folder with MNIST's idx files: the training split of [MNIST];
//   - any other folder: [Folder];
//   - a zip, tar or tar.gz file: [Archive];
//   - an idx file of images, gzipped or not: [ReadIDX];
//   - a packed set: [Packed].
//
// All are converted and resized as o says; see [Resized] for idx and packed images of another size. A path that
// is not there is [fs.ErrNotExist].
func Open(name string, o Options) (Images, error) {
	src, err := open(name, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: open %s: %w", name, err)
	}
	return src, nil
}

func open(name string, o Options) (Images, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		_, err := findIDX(name, "train-images")
		if errors.Is(err, fs.ErrNotExist) {
			return folder(name, o)
		}
		if err != nil {
			return nil, err
		}
		s, err := MNIST(name, Train)
		if err != nil {
			return nil, err
		}
		return Resized(s, o)
	}
	kind, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	switch kind {
	case kindIDX:
		s, err := readIDXFile(name, stem(name), o.withDefaults().MaxBytes)
		if err != nil {
			return nil, err
		}
		return Resized(s, o)
	case kindPack:
		p, err := openPacked(name)
		if err != nil {
			return nil, err
		}
		return p.resized(o)
	case kindImage:
		return nil, errors.New("it is a single image: give the folder or archive that holds the images")
	}
	return archive(name, o)
}
