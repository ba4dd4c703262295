package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/datasets"
	"ganlib/datasets/pack"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/runs"
)

// packOptions are the flags of data pack.
type packOptions struct {
	out, crop, duplicates string
	images                datasets.Options
	pack                  pack.Options
	json                  bool
	memory                maxMemory
}

func (a *app) dataPackCommand() *cobra.Command {
	o := packOptions{images: datasets.Options{Size: 64, Channels: 3}, pack: pack.Defaults()}
	cmd := &cobra.Command{
		Use: "pack PATH --out FILE", Short: "Decode images once, into one file to train on", Args: exactly("a folder or an archive"),
		Long: "Pack reads a folder or an archive of images, crops and resizes them, leaves out what cannot be read, what is\n" +
			"too small or too large and what is there twice, and writes the rest into one file, with their names and\n" +
			"check sums: --data FILE trains on it without decoding. The same images give the same bytes.\n\n" +
			"Near duplicates look alike from afar: saved again, scaled, mirrored. Of handwritten digits many do so that\n" +
			"are not; there, and where every image counts, give --duplicates exact.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(cmd, args[0]); err != nil {
				return err
			}
			return a.pack(cmd.Context(), args[0], &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "packed `FILE` to write; an old one is replaced")
	f.IntVar(&o.images.Size, "size", o.images.Size, "`PX`, the width and the height of the packed images; another IMAGE_SIZE than this resizes them again")
	f.IntVar(&o.images.Channels, "channels", o.images.Channels, "`C`, 3 for colour, 1 for grey")
	f.StringVar(&o.crop, "crop", "none", "`PART` of each image that is used: none, square, WxH (both in the middle) or WxH+X+Y")
	f.IntVar(&o.images.MinSide, "min-side", 0, "leave out images with a side of fewer than `PX` pixels")
	f.IntVar(&o.images.MaxSide, "max-side", 0, "leave out images with a side of more than `PX` pixels; 0: none")
	f.StringVar(&o.duplicates, "duplicates", string(o.pack.Duplicates), "near, exact or keep: `WHICH` duplicates to leave out; near ones, or only exact ones, or none")
	f.IntVar(&o.pack.Bits, "bits", o.pack.Bits, fmt.Sprintf("near duplicates differ in at most `B` of the 480 bits of a picture, 0 to %d", pack.MaxBits))
	f.BoolVar(&o.pack.Strict, "strict", false, "an image that cannot be read is an error")
	jsonFlag(cmd, &o.json)
	o.memory.register(cmd)
	complete(cmd, "duplicates", []string{string(pack.Near), string(pack.Exact), string(pack.Keep)})
	complete(cmd, "crop", []string{"none", "square"})
	f.SortFlags = false
	return cmd
}

// check refuses flags before anything is read, and completes the options.
func (o *packOptions) check(cmd *cobra.Command, path string) (err error) {
	o.pack.Duplicates = pack.Duplicates(o.duplicates)
	if o.images.Crop, err = datasets.ParseCrop(o.crop); err == nil {
		err = o.images.Validate()
	}
	if err == nil {
		err = o.pack.Validate()
	}
	switch {
	case path == "":
		return usagef("the path is empty: want a folder or an archive")
	case o.out == "":
		return usagef("--out: want the path of a file")
	case err != nil:
		return usagef("%v", err)
	case cmd.Flags().Changed("bits") && o.pack.Duplicates != pack.Near:
		return usagef("--bits: want it with --duplicates near only")
	}
	o.pack.Metadata = map[string]string{"crop": o.images.Crop.String()}
	for key, v := range map[string]int{"min_side": o.images.MinSide, "max_side": o.images.MaxSide} {
		if v > 0 {
			o.pack.Metadata[key] = fmt.Sprint(v)
		}
	}
	return nil
}

// fits refuses images that there is not the memory for: what is remembered of each, and those on their way to the
// file. It returns the images of which each can be decoded in what is left.
func (o *packOptions) fits(src datasets.Images) (datasets.Images, error) {
	h, w, c := src.Size()
	workers := runtime.GOMAXPROCS(0)
	const ahead = 4 // images of each worker
	passing := int64(ahead*workers)*int64(h*w*c) + int64(workers)*(int64(h*w)+int64(256*(h+8)*c))
	parts := func(n int) []memory.Part {
		return []memory.Part{{Name: "what is remembered of each image", Bytes: int64(n) * pack.Remembered(o.pack.Duplicates)}, {Name: "the images on their way", Bytes: passing}}
	}
	n := src.Len()
	err := o.memory.check("packing "+words.Counted(n, "image"), parts(n), func(free int64) string {
		return fmt.Sprintf("%d images fit, and more with --duplicates exact or keep", memory.Largest(n, func(n int) bool { return added(parts(n)) <= free }))
	})
	if most := o.memory.maxPixels(added(parts(n)), workers); err == nil && most > 0 {
		src = datasets.Smaller(src, most)
	}
	return src, err
}

func (a *app) pack(ctx context.Context, path string, o *packOptions) error {
	defer o.memory.hold()()
	o.images.MaxBytes = o.memory.maxBytes()
	src, err := datasets.Open(path, o.images)
	if err != nil {
		return err
	}
	if src, err = o.fits(src); err != nil {
		return err
	}
	o.pack.Progress = a.readingImages
	var report *pack.Report
	err = runs.WriteFile(o.out, func(w io.Writer) (err error) {
		report, err = pack.Build(ctx, src, w, o.pack)
		return err
	})
	a.console.end()
	if err != nil {
		return err
	}
	info, err := os.Stat(o.out)
	if err != nil {
		return err
	}
	if o.json {
		return a.printJSON(packedFacts(report, o, info.Size()))
	}
	return a.describePacked(report, path, o, info.Size())
}

// describePacked prints what was packed and what was left out.
func (a *app) describePacked(r *pack.Report, path string, o *packOptions, size int64) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	line := func(name string, value string) { fmt.Fprintf(w, "%s\t%s\n", name, printable(value)) }
	line("packed", fmt.Sprintf("%s of %d×%d×%d from %s", words.Counted(r.Kept, "image"), o.images.Size, o.images.Size, o.images.Channels, path))
	line("file", fmt.Sprintf("%s, %s", o.out, megabytes(size)))
	line("left out", fmt.Sprintf("%s of %s", words.Grouped(len(r.Removed)), words.Grouped(r.Images)))
	const most = 10 // of each reason
	for _, reason := range pack.Reasons() {
		n := r.Count(reason)
		if n == 0 {
			continue
		}
		line("", fmt.Sprintf("%s: %s", reason, words.Grouped(n)))
		shown := 0
		for _, x := range r.Removed {
			if x.Reason == reason && shown < most {
				line("", "  "+why(x))
				shown++
			}
		}
		if n > shown {
			line("", fmt.Sprintf("  and %s more; --json lists all", words.Grouped(n-shown)))
		}
	}
	line("to train", "--data "+shellWord(o.out))
	return w.Flush()
}

// why tells of an image that was left out.
func why(x pack.Removal) string {
	switch x.Reason {
	case pack.ExactCopy:
		return fmt.Sprintf("%s as %s", x.Source, x.Of)
	case pack.NearDuplicate:
		how := "like"
		if x.Mirrored {
			how = "mirrored, like"
		}
		return fmt.Sprintf("%s %s %s (%s)", x.Source, how, x.Of, words.Counted(x.Bits, "bit"))
	}
	return fmt.Sprint(x.Err) // which names it
}

// packFacts is what data pack prints with --json.
type packFacts struct {
	File     string         `json:"file"`
	Bytes    int64          `json:"bytes"`
	Images   int            `json:"images"`
	Height   int            `json:"height"`
	Width    int            `json:"width"`
	Channels int            `json:"channels"`
	Removed  []removedImage `json:"removed"`
}

// removedImage is an image that was left out.
type removedImage struct {
	Source   string `json:"source"`
	Reason   string `json:"reason"`
	Of       string `json:"of,omitempty"` // of a duplicate: what was kept
	Mirrored bool   `json:"mirrored,omitempty"`
	Bits     int    `json:"bits,omitempty"` // in which near duplicates differ
	Error    string `json:"error,omitempty"`
}

func packedFacts(r *pack.Report, o *packOptions, size int64) packFacts {
	f := packFacts{File: o.out, Bytes: size, Images: r.Kept, Height: o.images.Size, Width: o.images.Size, Channels: o.images.Channels, Removed: []removedImage{}}
	for _, x := range r.Removed {
		removed := removedImage{Source: x.Source, Reason: string(x.Reason), Of: x.Of, Mirrored: x.Mirrored, Bits: x.Bits}
		if x.Err != nil {
			removed.Error = x.Err.Error()
		}
		f.Removed = append(f.Removed, removed)
	}
	return f
}
