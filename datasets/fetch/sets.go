package fetch

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// Set describes a data set that ganlib knows how to get, or how to ask for.
type Set struct {
	Name        string // what Fetch takes
	Description string // one line
	Licence     string // as its publisher words it
	Page        string // address of the data set's own page
	Dir         string // folder of the images below Options.Dir, with forward slashes
	Bytes       int64  // size of the download; 0 if it must be put in place by hand
}

// Open reports whether the set can be fetched; the others must be put in place by hand.
func (s Set) Open() bool { return s.Bytes > 0 }

// Sets lists the known data sets, those that can be fetched first.
func Sets() []Set {
	out := make([]Set, len(specs))
	for i, s := range specs {
		out[i] = s.describe()
	}
	return out
}

// spec is a Set with what it takes to get it.
type spec struct {
	Set
	root    string   // folder below Options.Dir that a training configuration names
	store   string   // folder below Options.Dir for the downloaded files
	mirrors []string // addresses of folders, ending in a slash, best first
	files   []remote
	byHand  string // for sets without mirrors: where to get what

	// finish makes images of the files, whose paths it gets by name; nil if they are used as they are.
	finish func(ctx context.Context, f *fetcher, paths map[string]string, r *Result) error
}

// describe returns the Set with its size.
func (s spec) describe() Set {
	for _, f := range s.files {
		s.Set.Bytes += f.size
	}
	return s.Set
}

// remote is one published file.
type remote struct {
	name   string // file name on every mirror and on disk
	size   int64  // bytes
	sha256 string // hexadecimal
}

const (
	petImages      = "images.tar.gz"
	petAnnotations = "annotations.tar.gz"
)

// specs holds the sets in the order of Sets. The mirrors of MNIST are those of torchvision and of TensorFlow
// tutorials. Size and sum of the pet archives are those of TensorFlow Datasets
// (oxford_iiit_pet/checksums.tsv), for the same files whose MD5 torchvision records.
var specs = []spec{
	{
		Set: Set{
			Name:        "mnist",
			Description: "MNIST: 70,000 handwritten digits, 28x28 grey, as four idx files",
			Licence:     "commonly given as CC BY-SA 3.0",
			Page:        "http://yann.lecun.com/exdb/mnist/",
			Dir:         "MNIST",
		},
		root:  "MNIST",
		store: "MNIST",
		mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		},
		files: []remote{
			{"train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
			{"train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
			{"t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
			{"t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
		},
	},
	{
		Set: Set{
			Name:        "oxford-pets",
			Description: "Oxford-IIIT Pet Dataset: the cats with an annotated head, about 1,190, cropped to it",
			Licence:     "CC BY-SA 4.0; copyright of the photographs remains with their owners",
			Page:        "https://www.robots.ox.ac.uk/~vgg/data/pets/",
			Dir:         "PetFaces/cats",
		},
		root:  "PetFaces",
		store: "oxford-iiit-pet",
		mirrors: []string{
			"https://thor.robots.ox.ac.uk/pets/",
			"https://www.robots.ox.ac.uk/~vgg/data/pets/data/",
		},
		files: []remote{
			{petAnnotations, 19173078, "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91"},
			{petImages, 791918971, "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d"},
		},
		finish: cropPets,
	},
	{
		Set: Set{
			Name:        "catfaces",
			Description: "Cats faces 64x64 (For generative models): 15,747 cat faces, many of them more than once",
			Licence:     "not confirmed; treat the pictures as research data",
			Page:        "https://www.kaggle.com/datasets/spandan2/cats-faces-64x64-for-generative-models",
			Dir:         "CatFaces/cats",
		},
		byHand: `Kaggle gives the data set "Cats faces 64x64 (For generative models)" by spandan2 to users with an account`,
	},
	{
		Set: Set{
			Name:        "celeba",
			Description: "CelebA: 202,599 faces of celebrities, aligned and cropped, 178x218",
			Licence:     "non-commercial research only",
			Page:        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
			Dir:         "celeba_gan/celeb",
		},
		byHand: `its authors give it to those who agree to their terms: take "Align&Cropped Images" (img_align_celeba.zip)`,
	},
}

// lookup returns the spec of a name. dir is where the user keeps data, for the error of a set that
// must be put in place by hand.
func lookup(name, dir string) (spec, error) {
	names := make([]string, len(specs))
	for i, s := range specs {
		names[i] = s.Name
		if s.Name != name {
			continue
		}
		if s.byHand != "" {
			return spec{}, fmt.Errorf("fetch: %s %w: %s; see %s, and put the pictures into %s",
				name, ErrByHand, s.byHand, s.Page, filepath.Join(dir, filepath.FromSlash(s.Dir), "*.jpg"))
		}
		return s, nil
	}
	return spec{}, fmt.Errorf("fetch: %w %q: want one of %s; the nearest is %q",
		ErrUnknownSet, name, strings.Join(names, ", "), nearest(name, names))
}
