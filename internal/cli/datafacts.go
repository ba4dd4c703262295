package cli

import (
	"context"

	"ganlib/presets"
)

// dataFacts is what data info prints with --json: of images or of points.
type dataFacts struct {
	Description string        `json:"description"`
	Advice      string        `json:"advice,omitempty"` // how to get real data, where drawn faces stand in
	Images      int           `json:"images,omitempty"`
	Height      int           `json:"height,omitempty"`
	Width       int           `json:"width,omitempty"`
	Channels    int           `json:"channels,omitempty"`
	Points      int           `json:"points,omitempty"`
	Modes       int           `json:"modes,omitempty"`
	Bytes       int64         `json:"bytes"` // in memory
	Fingerprint string        `json:"fingerprint,omitempty"`
	Skipped     []skippedFile `json:"skipped,omitempty"`
	Packed      *packedFile   `json:"packed,omitempty"` // of a packed set
}

// skippedFile is an image that could not be read.
type skippedFile struct {
	Source string `json:"source"`
	Error  string `json:"error"`
}

// dataJSON prints what the data are, and draws them if grid is not empty.
func (a *app) dataJSON(ctx context.Context, d *presets.Data, p *packedFile, grid string) error {
	f := factsOf(d)
	f.Packed = p
	if err := a.printJSON(f); err != nil || grid == "" {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return (&app{program: a.program, out: a.console, console: a.console}).drawData(d, grid) // its line is no fact
}

func factsOf(d *presets.Data) dataFacts {
	f := dataFacts{Description: d.Description, Advice: d.Advice}
	if d.Points != nil {
		f.Points, f.Modes, f.Bytes = d.Points.N, len(d.Points.Centres), 4*int64(len(d.Points.XY))
		return f
	}
	set := d.Set
	f.Images, f.Height, f.Width, f.Channels = set.N, set.H, set.W, set.C
	f.Bytes, f.Fingerprint = int64(len(set.Pix)), set.Fingerprint
	for _, s := range set.Skipped {
		f.Skipped = append(f.Skipped, skippedFile{s.Source, s.Err.Error()})
	}
	return f
}
