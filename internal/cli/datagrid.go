package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ganlib/datasets"
	"ganlib/device"
	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/presets"
	"ganlib/report"
)

// gridOptions are the flags of data grid.
type gridOptions struct {
	setup
	out               string
	n, columns, first int
	strict            bool
	memory            maxMemory
}

func (a *app) dataGridCommand() *cobra.Command {
	o := gridOptions{out: "grid.png", n: 64, columns: 8, first: -1}
	cmd := &cobra.Command{
		Use: "grid [PATH]", Short: "Draw a sheet of images of any source", Args: atMost(1, "a folder, an archive or a packed set"),
		Long: "Grid reads some images as a training would, spread evenly over the source or from --first on, and writes\n" +
			"them side by side into a PNG picture. Of a packed set it shows them as they are packed, unless a\n" +
			"configuration is given.",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.out == "":
				return usagef("--out: want the path of a file")
			case o.n < 1 || o.columns < 1:
				return usagef("--n %d, --columns %d: want at least 1", o.n, o.columns)
			case cmd.Flags().Changed("first") && o.first < 0:
				return usagef("--first %d: want 0 or more", o.first)
			}
			path, err := dataPath(args)
			if err != nil {
				return err
			}
			return a.dataGrid(cmd, path, &o)
		},
	}
	o.register(cmd)
	f := cmd.Flags()
	f.StringVar(&o.out, "out", o.out, "picture `FILE` to write; an old one is replaced")
	f.IntVar(&o.n, "n", o.n, "draw `N` images")
	f.IntVar(&o.columns, "columns", o.columns, "`C` images in a row")
	f.IntVar(&o.first, "first", o.first, "draw image `I`, counted from 0, and those after it; otherwise some from the whole source")
	f.Lookup("first").DefValue = "" // -1 stands for what no number says
	f.BoolVar(&o.strict, "strict", false, "an image that cannot be read is an error")
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

// dataPath returns the path that a data command is given, "" if it is given none.
func dataPath(args []string) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	if args[0] == "" {
		return "", usagef("the path is empty: want a folder or an archive")
	}
	return args[0], nil
}

// packedPath reports whether path is a packed set that is to be shown as it is: no configuration is
// named.
func packedPath(cmd *cobra.Command, path string) bool {
	given := cmd.Flags().Changed
	return path != "" && !given("hyp") && !given("preset") && !given("set") && datasets.IsPacked(path)
}

func (a *app) dataGrid(cmd *cobra.Command, path string, o *gridOptions) error {
	defer o.memory.hold()()
	ctx := cmd.Context()
	if packedPath(cmd, path) {
		src, err := datasets.Packed(path)
		if err != nil {
			return err
		}
		return a.drawImages(ctx, src, o)
	}
	c, err := o.resolve(cmd, nil, device.Options{Name: "auto"})
	if err != nil {
		return err
	}
	s, err := presets.FindData(c.config, presets.DataOptions{Path: path, MaxBytes: o.memory.maxBytes()})
	if err != nil {
		return err
	}
	if src := s.Images(); src != nil {
		h, w, channels := src.Size()
		if most := o.memory.maxPixels(added(sheetParts(min(o.n, src.Len()), h, w, channels, o.columns)), 1); most > 0 {
			src = s.Smaller(most)
		}
		return a.drawImages(ctx, src, o)
	}
	if err := checkPoints(o.memory, s); err != nil {
		return err
	}
	d, err := s.Load(ctx, presets.DataOptions{})
	if err != nil {
		return err
	}
	return a.drawData(d, o.out)
}

// sheetParts is the memory of n images of h×w×c and of their picture.
func sheetParts(n, h, w, c, columns int) []memory.Part {
	columns = min(columns, n)
	picture := 4 * int64(columns*(w+2)+2) * int64((n+columns-1)/columns*(h+2)+2)
	return []memory.Part{{Name: "the images", Bytes: 4 * int64(n) * int64(h*w*c)}, {Name: "the picture", Bytes: picture}}
}

// drawImages reads the images of a sheet, and only these, and writes it. In place of those that cannot
// be read it takes none.
func (a *app) drawImages(ctx context.Context, src datasets.Images, o *gridOptions) error {
	h, w, c := src.Size()
	first, n := max(o.first, 0), src.Len()
	if first >= n {
		return fmt.Errorf("data grid: --first %d: there are %s", first, words.Counted(n, "image"))
	}
	n = min(o.n, n-first)
	if most := min((maxSide-2)/(h+2)*o.columns, maxPixels/((h+2)*(w+2))); n > most || min(o.columns, n)*(w+2)+2 > maxSide {
		return fmt.Errorf("data grid: --n %d, --columns %d: the picture would be larger than %d pixels a side, or %s in all", o.n, o.columns, maxSide, words.Grouped(maxPixels))
	}
	if err := o.memory.checkNumber("--n", n, func(n int) []memory.Part { return sheetParts(n, h, w, c, o.columns) }); err != nil {
		return err
	}
	x := make([]float32, 0, n*h*w*c)
	pix := make([]byte, h*w*c)
	drawn := 0
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := first + i
		if o.first < 0 {
			at = int(int64(i) * int64(src.Len()) / int64(n))
		}
		if err := src.Read(at, pix); err != nil {
			if o.strict {
				return err
			}
			a.console.printf("%v", err)
			continue
		}
		drawn++
		for _, b := range pix {
			x = append(x, float32(b)/127.5-1)
		}
		a.readingImages(i+1, n)
	}
	a.console.end()
	if drawn == 0 {
		return fmt.Errorf("data grid: %s: %w: none of %d can be read", src.Name(), datasets.ErrNoImages, n)
	}
	img, err := report.Grid(x, drawn, h, w, c, report.GridOptions{Columns: o.columns})
	if err != nil {
		return err
	}
	if err := writePNG(o.out, img); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %s of %d×%d from %s\n", printable(o.out), words.Counted(drawn, "image"), w, h, printable(src.Name()))
	return err
}
