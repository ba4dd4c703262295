package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	memory "ganlib/internal/process"
	"ganlib/internal/words"
	"ganlib/report"
	"ganlib/runs"
)

// sheetOptions are the flags of grid.
type sheetOptions struct {
	out              string
	n, columns, size int
	memory           maxMemory
}

func (a *app) gridCommand() *cobra.Command {
	o := sheetOptions{out: "sheet.png", n: 64, columns: 8}
	cmd := &cobra.Command{
		Use: "grid RUN|FOLDER|FILE...", Short: "Lay pictures of a folder side by side on a sheet",
		Long: "Grid draws the PNG, JPEG and GIF files of a folder, or those that are named, in the order of their names, each\n" +
			"fitted, with its aspect kept, into a place of the first one's aspect. Numbers in names count as numbers: 2 comes\n" +
			"before 10. Of a run it draws the samples of fixed noise, from the first to the last.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("0 arguments: want a folder, or pictures")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.out == "":
				return usagef("--out: want the path of a file")
			case o.n < 1 || o.columns < 1:
				return usagef("--n %d, --columns %d: want at least 1", o.n, o.columns)
			case o.size < 0 || o.size > maxSide:
				return usagef("--size %d: want 1 to %d pixels", o.size, maxSide)
			}
			return a.grid(cmd.Context(), args, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", o.out, "picture `FILE` to write (PNG); an old one is replaced")
	f.IntVar(&o.n, "n", o.n, "draw at most `N` pictures, spread evenly")
	f.IntVar(&o.columns, "columns", o.columns, "`C` pictures in a row")
	f.IntVar(&o.size, "size", 0, "make the larger side of a place `PX` pixels; otherwise that of the first picture, at most 512")
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

func (a *app) grid(ctx context.Context, paths []string, o sheetOptions) error {
	defer o.memory.hold()()
	var files []string
	for _, path := range paths {
		found, err := picturesAt(path, o.out)
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	all := len(files)
	if all == 0 {
		return fmt.Errorf("grid: %s: no .png, .jpg, .jpeg or .gif in it", words.List(paths))
	}
	files = spread(files, o.n)
	cell, err := o.cell(files)
	if err != nil {
		return err
	}
	if err := o.fits(files, cell); err != nil {
		return err
	}
	pictures := make([]image.Image, len(files))
	for i, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		img, err := readPicture(file)
		if err != nil {
			return err
		}
		// Reduced at once: the sheet's pictures together are no larger than the sheet.
		if width, larger := reduced(img.Bounds().Size(), cell); larger {
			if img, err = report.Scale(img, width); err != nil {
				return err
			}
		}
		pictures[i] = img
		a.readingImages(i+1, len(files))
	}
	a.console.end()
	sheet, err := report.Sheet(pictures, o.columns, cell.X, cell.Y)
	if err != nil {
		return err
	}
	if err := writePNG(o.out, sheet); err != nil {
		return err
	}
	size := sheet.Bounds().Size()
	_, err = fmt.Fprintf(a.out, "%s: %d×%d pixels, %s of %s\n", printable(o.out), size.X, size.Y, words.Grouped(len(files)), words.Counted(all, "picture"))
	return err
}

// reduced returns the width of a picture that fits its place, if it has to be reduced for that.
func reduced(size, cell image.Point) (width int, larger bool) {
	return max(1, min(cell.X, size.X*cell.Y/size.Y)), size.X > cell.X || size.Y > cell.Y
}

// fits refuses pictures that there is not the memory for: what stays of each, the sheet, and the largest while it is
// read and scaled.
func (o *sheetOptions) fits(files []string, cell image.Point) error {
	var kept, reading int64 // of one, at most
	for _, file := range files {
		c, err := pictureHeader(file)
		if err != nil {
			return err
		}
		bytes := readingBytes(c)
		if width, larger := reduced(image.Pt(c.Width, c.Height), cell); larger {
			kept = max(kept, 4*int64(cell.X)*int64(cell.Y))
			reading = max(reading, bytes+scalingBytes(width, c.Height))
			continue
		}
		kept, reading = max(kept, bytes), max(reading, bytes)
	}
	reading = max(reading, scalingBytes(cell.X, cell.Y))
	o.memory.leave(reading)
	return o.memory.checkNumber("--n", len(files), func(n int) []memory.Part {
		columns := min(o.columns, n)
		sheet := 4 * int64(columns*(cell.X+2)+2) * int64((n+columns-1)/columns*(cell.Y+2)+2)
		return []memory.Part{{Name: "the pictures", Bytes: int64(n) * kept}, {Name: "the sheet", Bytes: sheet}, {Name: "the largest picture while it is read", Bytes: reading}}
	})
}

// cell returns the size of a picture's place, which has the aspect of the first, and checks that the sheet
// will not be too large.
func (o *sheetOptions) cell(files []string) (image.Point, error) {
	first, err := pictureSize(files[0])
	if err != nil {
		return first, err
	}
	side := max(first.X, first.Y)
	if o.size == 0 {
		o.size = min(side, 512)
	}
	cell := image.Pt(max(first.X*o.size/side, 1), max(first.Y*o.size/side, 1))
	rows := (len(files) + o.columns - 1) / o.columns
	if (cell.X+2)*min(o.columns, len(files)) > maxSide-2 || (cell.Y+2)*rows > maxSide-2 || (cell.X+2)*(cell.Y+2)*len(files) > maxPixels {
		return cell, fmt.Errorf("grid: %s of %d×%d pixels in %d columns: the sheet would be larger than %d pixels a side, or %s in all", words.Counted(len(files), "picture"), cell.X, cell.Y, o.columns, maxSide, words.Grouped(maxPixels))
	}
	return cell, nil
}

// picturesAt returns the pictures of a folder by name, but not the one that is to be written, those of a run that
// show fixed noise, or the file that path is.
func picturesAt(path, except string) ([]string, error) {
	if run, err := runs.Open(path); err == nil {
		defer run.Close()
		return fixedPictures(run)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		info, statErr := os.Stat(path)
		if errors.Is(statErr, fs.ErrNotExist) || statErr == nil && info.IsDir() {
			return nil, err
		}
		return []string{path}, statErr
	}
	except, err = filepath.Abs(except)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".png", ".jpg", ".jpeg", ".gif":
		default:
			continue
		}
		file := filepath.Join(path, e.Name())
		if abs, err := filepath.Abs(file); e.Type().IsRegular() && e.Name()[0] != '.' && (err != nil || abs != except) {
			files = append(files, file)
		}
	}
	slices.SortFunc(files, byNumbers)
	return files, nil
}

// byNumbers compares names so that runs of digits count as numbers.
func byNumbers(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits returns how many digits text begins with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
