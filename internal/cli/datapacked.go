package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"ganlib/datasets"
	"ganlib/device"
	"ganlib/formats/packed"
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

// readData reads data as a training would, or a packed set as it is.
func (a *app) readData(cmd *cobra.Command, s *setup, path string, strict bool) (*presets.Data, error) {
	if packedPath(cmd, path) {
		src, err := datasets.Packed(path)
		if err != nil {
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
	return presets.OpenData(cmd.Context(), c.config, presets.DataOptions{Path: path, Strict: strict, Progress: a.readingImages})
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
