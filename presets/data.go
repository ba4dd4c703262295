package presets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ganlib/config"
	"ganlib/datasets"
	"ganlib/datasets/drawn"
	"ganlib/device"
	"ganlib/variants"
)

// Drawn faces that stand in for photographs: how many, unless DATA_SIZE says, and from which seed. The
// seed is not the run's: like a folder's images they are the same for all runs.
const (
	drawnFaces = 8192
	drawnSeed  = 1
)

// DataOptions say where data come from beside the configuration, and how they are read. The zero value
// is valid.
type DataOptions struct {
	Path   string // a folder of images, a zip or tar.gz archive, a packed set, or idx files; "": as the configuration says
	Strict bool   // an image that cannot be read is an error, not left out

	MaxBytes  int64 // most memory for the pixels, and for what an archive without an index has; 0: datasets.DefaultMaxBytes
	MaxPixels int64 // most pixels of an image that is decoded by Load; 0: datasets.DefaultMaxPixels

	// Progress, if not nil, is called after each image with the number that are done, by the goroutines
	// that read, one at a time.
	Progress func(done, total int)
}

// Source is where a preset's data are, found but not yet read.
type Source struct {
	Description string // one line: what, and where from
	Advice      string // how to get real data, where drawn faces stand in; otherwise empty

	images datasets.Images        // nil for points
	draw   func() datasets.Points // nil for images
	place  string
	config config.Config
}

// Data are a preset's data in memory.
type Data struct {
	Set         *datasets.Set    // nil for points
	Points      *datasets.Points // nil for images
	Description string           // one line: what, where from, how many files were skipped
	Advice      string           // how to get real data, where drawn faces stand in; otherwise empty

	config config.Config
}

// OpenData finds and reads the data that c describes: [FindData], then [Source.Load].
func OpenData(ctx context.Context, c config.Config, o DataOptions) (*Data, error) {
	s, err := FindData(c, o)
	if err != nil {
		return nil, err
	}
	return s.Load(ctx, o)
}

// FindData finds the data that c describes. The first of these counts:
//
//   - o.Path, which must exist;
//   - DATA_ROOT/DATA_NAME, if it exists: a folder with images at any depth, an archive, a packed set, or idx files;
//   - for toy presets, points drawn from the distribution DATA_NAME with the run's seed;
//   - for the cat presets under their own DATA_NAME, drawn cat faces, 8192 or DATA_SIZE of them.
//
// Otherwise the error says where the data belong and how to get them. Of more than DATA_SIZE images,
// that many are taken, spread evenly over the order of their names.
func FindData(c config.Config, o DataOptions) (*Source, error) {
	s, err := findData(c, o)
	if err != nil {
		return nil, fmt.Errorf("presets: data of %s: %w", c.Preset, err)
	}
	return s, nil
}

func findData(c config.Config, o DataOptions) (*Source, error) {
	info, err := config.Describe(c.Preset)
	if err != nil {
		return nil, err
	}
	if info.Source == config.DataPoints {
		if o.Path != "" {
			return nil, fmt.Errorf("path %s: want none: %s draws its points", o.Path, c.Preset)
		}
		return drawPoints(c)
	}
	place := o.Path
	if place == "" {
		place = filepath.Join(c.DataRoot, c.DataName)
		if _, err := os.Stat(place); errors.Is(err, fs.ErrNotExist) {
			return standIn(c, info, place)
		}
	}
	images, err := datasets.Open(place, datasets.Options{Size: c.ImageSize, Channels: c.ChannelsImg, MaxBytes: o.MaxBytes})
	switch {
	case errors.Is(err, datasets.ErrNoImages):
		return nil, fmt.Errorf("%w; %s", err, advice(c, info))
	case err != nil:
		return nil, err
	}
	if c.DataSize > 0 && c.DataSize < images.Len() {
		images = part{images, c.DataSize}
	}
	return &Source{Description: fmt.Sprintf("%s: %d images from %s", images.Name(), images.Len(), place), images: images, place: place, config: c}, nil
}

// standIn returns what serves where the data are missing, or says how to get them.
func standIn(c config.Config, info config.Info, place string) (*Source, error) {
	own, err := config.Preset(c.Preset)
	if err != nil {
		return nil, err
	}
	if own.DataName != "CatFaces" || c.DataName != own.DataName {
		return nil, fmt.Errorf("%s does not exist; %s: %w", place, advice(c, info), fs.ErrNotExist)
	}
	n := c.DataSize
	if n == 0 {
		n = drawnFaces
	}
	faces, err := drawn.New(drawnSeed, n, c.ImageSize, c.ChannelsImg)
	if err != nil {
		return nil, err
	}
	return &Source{
		Description: fmt.Sprintf("%s: %d images, made by code because %s does not exist", faces.Name(), n, place),
		Advice:      "for real faces " + advice(c, info),
		images:      faces, config: c,
	}, nil
}

// advice says how to get the data of a preset.
func advice(c config.Config, info config.Info) string {
	own, err := config.Preset(c.Preset)
	place := filepath.Join(c.DataRoot, c.DataName)
	switch {
	case info.Source == config.DataMNIST:
		return fmt.Sprintf("run `ganlib data fetch mnist`, which puts MNIST into data/MNIST, or give --data PATH (idx files, a folder or an archive of images) instead of %s", place)
	case err == nil && c.DataName != own.DataName:
		return fmt.Sprintf("put .jpg, .png or .gif files into %s, or give --data PATH (a folder or an archive)", place)
	case c.DataName == "celeba_gan":
		return fmt.Sprintf("put the images of CelebA into %s (from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, for non-commercial research), or give --data PATH (a folder or an archive)", filepath.Join(place, "celeb"))
	}
	return fmt.Sprintf("put .jpg, .png or .gif files into %s, or give --data PATH (a folder or an archive); `ganlib data fetch oxford-pets` gets photographs for --data data/PetFaces", filepath.Join(place, "cats"))
}

// drawPoints returns a toy set that is yet to be drawn.
func drawPoints(c config.Config) (*Source, error) {
	draw := map[string]func(uint64, int) datasets.Points{
		"8gaussians": datasets.EightGaussians, "25gaussians": datasets.TwentyFiveGaussians, "swissroll": datasets.SwissRoll,
	}[c.DataName]
	if draw == nil {
		return nil, fmt.Errorf("DATA_NAME %q: want 8gaussians, 25gaussians or swissroll", c.DataName)
	}
	return &Source{
		Description: fmt.Sprintf("%s: %d points, drawn with seed %d", c.DataName, c.DataSize, c.Seed),
		draw:        func() datasets.Points { return draw(c.Seed, c.DataSize) },
		config:      c,
	}, nil
}

// Images returns the images that were found, not yet read, or nil if there are points instead.
func (s *Source) Images() datasets.Images { return s.images }

// Smaller is [Source.Images] without those of more than maxPixels, if they are decoded: to read one is an error.
func (s *Source) Smaller(maxPixels int64) datasets.Images {
	if p, ok := s.images.(part); ok {
		return part{datasets.Smaller(p.Images, maxPixels), p.n}
	}
	return datasets.Smaller(s.images, maxPixels)
}

// Len returns the number of samples that were found.
func (s *Source) Len() int {
	if s.draw != nil {
		return s.config.DataSize
	}
	return s.images.Len()
}

// Bytes returns the memory that the data take once they are read.
func (s *Source) Bytes() int64 {
	if s.draw != nil {
		return 2 * 4 * int64(s.Len())
	}
	h, w, c := s.images.Size()
	return int64(s.Len()) * int64(h*w*c)
}

// Held returns the bytes of the data that are in memory already, because they had to be read to be found.
func (s *Source) Held() int64 {
	if _, ok := s.images.(*datasets.Set); ok {
		return s.Bytes()
	}
	return 0
}

// Check reads images until one can be read; an error says why none can. It returns ctx's error if that
// ends first.
func (s *Source) Check(ctx context.Context) error {
	if s.draw != nil {
		return nil
	}
	h, w, c := s.images.Size()
	pixels := make([]byte, h*w*c)
	var first error
	for i := range s.images.Len() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.images.Read(i, pixels)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return fmt.Errorf("presets: data of %s: %w: none of %d can be read; the first: %w", s.config.Preset, datasets.ErrNoImages, s.Len(), first)
}

// Load reads the data into memory. Images that cannot be read are left out and listed in Set.Skipped,
// or with o.Strict are an error; so it is if none can be read.
func (s *Source) Load(ctx context.Context, o DataOptions) (*Data, error) {
	d := &Data{Description: s.Description, Advice: s.Advice, config: s.config}
	if s.draw != nil {
		points := s.draw()
		d.Points = &points
		return d, nil
	}
	images := s.images
	if o.MaxPixels > 0 {
		images = s.Smaller(o.MaxPixels)
	}
	set, err := datasets.Load(ctx, images, datasets.LoadOptions{Strict: o.Strict, MaxBytes: o.MaxBytes, Progress: o.Progress})
	if err != nil {
		return nil, fmt.Errorf("presets: data of %s: %w", s.config.Preset, err)
	}
	d.Set = set
	if s.place != "" {
		d.Description = fmt.Sprintf("%v, from %s", set, s.place)
	}
	return d, nil
}

// Samples puts the data on a device. Pixels 0 to 255 become numbers of the interval DATA_RANGE.
func (d *Data) Samples(dev device.Device) (variants.Samples, error) {
	if d.Points != nil {
		return variants.Points(dev, d.Points.XY, 2)
	}
	lo := -1.0
	if d.config.DataRange == config.RangeUnit {
		lo = 0
	}
	return variants.Images(dev, d.Set, lo, 1)
}

// part is n images of a larger source, spread evenly over it, so that every class of a sorted folder
// keeps its share.
type part struct {
	datasets.Images
	n int
}

func (p part) Len() int                     { return p.n }
func (p part) Read(i int, dst []byte) error { return p.Images.Read(p.index(i), dst) }
func (p part) Source(i int) string          { return datasets.Source(p.Images, p.index(i)) }
func (p part) index(i int) int              { return int(int64(i) * int64(p.Images.Len()) / int64(p.n)) }
