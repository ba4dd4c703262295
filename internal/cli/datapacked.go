package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/formats/packed"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/presets"
)

// packedFile is what a packed set says of itself, and whether it is intact.
type packedFile struct {
	Images   int               `json:"images"`
	Height   int               `json:"height"`
	Width    int               `json:"width"`
	Channels int               `json:"channels"`
	SHA256   string            `json:"sha256"`          // of the pixels, as the file says
	Damage   string            `json:"error,omitempty"` // what does not match a check sum, first
	Metadata map[string]string `json:"metadata"`
}

// readData reads data as a training would, or a packed set as it is. drawn says that some are to be drawn too.
func (a *app) readData(cmd *cobra.Command, s *setup, path string, strict, drawn bool, most maxMemory) (*presets.Data, error) {
	if packedPath(cmd, path) {
		src, err := datasets.Packed(path)
		if err != nil {
			return nil, err
		}
		if _, err := checkImages(most, src, 0, drawn); err != nil {
			return nil, err
		}
		set, err := datasets.Load(cmd.Context(), src, datasets.LoadOptions{Strict: strict, Progress: a.readingImages})
		if err != nil {
			return nil, err
		}
		return &presets.Data{Set: set, Description: fmt.Sprintf("%v, from %s", set, path)}, nil
	}
	c, err := s.resolve(cmd, nil, device.Options{Name: "auto"})
	if err != nil {
		return nil, err
	}
	o := presets.DataOptions{Path: path, Strict: strict, MaxBytes: most.maxBytes(), Progress: a.readingImages}
	source, err := presets.FindData(c.config, o)
	if err != nil {
		return nil, err
	}
	if src := source.Images(); src != nil {
		adds, err := checkImages(most, src, source.Held(), drawn)
		if err != nil {
			return nil, err
		}
		o.MaxBytes, o.MaxPixels = source.Bytes(), most.maxPixels(adds, runtime.GOMAXPROCS(0))
	} else if err := checkPoints(most, source); err != nil {
		return nil, err
	}
	return source.Load(cmd.Context(), o)
}

// checkImages refuses images that there is not the memory for, of which some is held already, and returns what they
// add.
func checkImages(most maxMemory, src datasets.Images, held int64, drawn bool) (adds int64, err error) {
	h, w, c := src.Size()
	const name = 64 // bytes, and what went wrong
	parts := func(n int) []memory.Part {
		list := []memory.Part{{Name: "the data", Bytes: max(int64(n)*int64(h*w*c+name)-held, 0)}}
		if drawn {
			list = append(list, sheetParts(min(n, mostDrawn), h, w, c, 8)...)
		}
		return list
	}
	n := src.Len()
	return added(parts(n)), most.check("reading "+words.Counted(n, "image"), parts(n), func(free int64) string {
		fits := memory.Largest(n, func(n int) bool { return added(parts(n)) <= free })
		if fits == 0 {
			return "not even 1 fits"
		}
		return fmt.Sprintf("the largest DATA_SIZE that fits is %d", fits)
	})
}

// checkPoints refuses points that there is not the memory for.
func checkPoints(most maxMemory, s *presets.Source) error {
	const each, picture = 8, 2 << 20
	parts := func(n int) []memory.Part {
		return []memory.Part{{Name: "the data", Bytes: each * int64(n)}, {Name: "the picture", Bytes: picture}}
	}
	n := s.Len()
	return most.check("reading "+words.Counted(n, "point"), parts(n), func(free int64) string {
		return fmt.Sprintf("the largest DATA_SIZE that fits is %d", memory.Largest(n, func(n int) bool { return added(parts(n)) <= free }))
	})
}

// checkPacked reads a packed set from end to end and returns its facts, or nil of any other path.
func (a *app) checkPacked(ctx context.Context, path string) (*packedFile, error) {
	if path == "" || !datasets.IsPacked(path) {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	set, err := packed.Read(f, info.Size())
	if err != nil {
		return nil, err
	}
	p := &packedFile{Images: set.Len(), SHA256: set.PixelSum(), Metadata: set.Metadata()}
	p.Height, p.Width, p.Channels = set.Size()
	err = set.Verify(ctx, func(done, total int) {
		a.console.progress("check", int64(done), int64(total), func() string { return fmt.Sprintf("checked %d/%d images", done, total) })
	})
	a.console.end()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.Damage = err.Error()
	}
	return p, nil
}

// describe tells of the file and of how it was packed.
func (p *packedFile) describe(line func(string, any)) {
	line("packed", fmt.Sprintf("%s of %d×%d×%d", words.Counted(p.Images, "image"), p.Height, p.Width, p.Channels))
	if p.Damage != "" {
		line("", printable("damaged: "+p.Damage))
	} else {
		line("", "intact: pixels of SHA-256 "+p.SHA256)
	}
	for _, key := range slices.Sorted(maps.Keys(p.Metadata)) {
		line("", printable(fmt.Sprintf("%s: %s", key, shortened(p.Metadata[key]))))
	}
}
