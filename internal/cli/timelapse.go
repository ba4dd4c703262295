package cli

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	memory "ganlib/internal/process"
	"ganlib/runs"
)

// timelapseOptions are the flags of timelapse.
type timelapseOptions struct {
	movie
	frames int
	memory maxMemory
}

func (a *app) timelapseCommand() *cobra.Command {
	o := timelapseOptions{movie: movie{out: "timelapse.gif", fps: 12, hold: 2 * time.Second}, frames: 150}
	cmd := &cobra.Command{
		Use: "timelapse RUN", Short: "Show how a run's samples of fixed noise developed, as a picture that moves",
		Long: "Timelapse joins the pictures in a run's generated_grid_images_fixed, which all show the same noise, or of a run\n" +
			"without grids those in generated_images_fixed, into a GIF, or an animated PNG in full colour.",
		Args: exactly("the folder of a run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.frames < 1 || o.frames > 10_000 {
				return usagef("--frames %d: want 1 to 10000", o.frames)
			}
			if err := o.check(); err != nil {
				return err
			}
			return a.timelapse(cmd.Context(), args[0], o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.frames, "frames", o.frames, "take at most `N` of the pictures, spread evenly")
	o.register(f)
	o.memory.register(cmd)
	f.SortFlags = false
	return cmd
}

func (a *app) timelapse(ctx context.Context, path string, o timelapseOptions) error {
	defer o.memory.hold()()
	run, err := runs.Open(path)
	if err != nil {
		return err
	}
	defer run.Close()
	files, err := fixedPictures(run)
	if err != nil {
		return err
	}
	files = spread(files, o.frames)
	size, reading, err := largest(files)
	if err != nil {
		return err
	}
	if err := o.fits(len(files), size, reading); err != nil {
		return err
	}
	frame := func(i int) (image.Image, error) {
		img, err := readPicture(files[i])
		if err != nil || img.Bounds().Size() == size {
			return img, err
		}
		canvas := image.NewRGBA(image.Rectangle{Max: size}) // a grid with fewer samples than others
		draw.Draw(canvas, img.Bounds().Sub(img.Bounds().Min), img, img.Bounds().Min, draw.Src)
		return canvas, nil
	}
	of := fmt.Sprintf("from %s to %s of %s", filepath.Base(files[0]), filepath.Base(files[len(files)-1]), printable(run.Path()))
	return a.write(ctx, o.movie, len(files), of, frame)
}

// fits refuses frames that there is not the memory for.
func (o timelapseOptions) fits(n int, size image.Point, reading int64) error {
	own := int64(size.X) * int64(size.Y)
	frame := own
	reading += 4 * own // on a canvas of the common size
	if o.size > 0 && o.size != size.X {
		frame = max(int64(o.size)*int64(size.Y)*int64(o.size)/int64(size.X), int64(o.size))
		reading += scalingBytes(o.size, size.Y)
	}
	o.memory.leave(reading)
	return o.memory.checkNumber("--frames", n, func(n int) []memory.Part {
		return []memory.Part{{Name: "the frames", Bytes: o.movie.bytes(n, frame)}, {Name: "the largest picture while it is read", Bytes: reading}}
	})
}

var trainingPicture = regexp.MustCompile(`^generated_img(\d{1,9})_(\d{1,9})\.png$`)

// fixedPictures returns a run's pictures of fixed noise, in the order in which they were made.
func fixedPictures(run *runs.Run) ([]string, error) {
	for _, folder := range []string{runs.FixedGridFolder, runs.SingleFolder} {
		entries, err := os.ReadDir(run.Join(folder))
		if err != nil {
			return nil, err
		}
		type picture struct {
			name         string
			epoch, batch int
		}
		var list []picture
		for _, e := range entries {
			match := trainingPicture.FindStringSubmatch(e.Name())
			if match == nil || !e.Type().IsRegular() {
				continue
			}
			epoch, _ := strconv.Atoi(match[1]) // nine digits fit
			batch, _ := strconv.Atoi(match[2])
			list = append(list, picture{e.Name(), epoch, batch})
		}
		slices.SortFunc(list, func(a, b picture) int { return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.batch, b.batch)) })
		var files []string
		for _, p := range list {
			files = append(files, run.Join(folder, p.name))
		}
		if len(files) > 0 {
			return files, nil
		}
	}
	return nil, fmt.Errorf("%s has no pictures in %s yet", run.Path(), runs.FixedGridFolder)
}

// largest returns the largest width and the largest height of pictures, and the most memory that one takes while
// it is read.
func largest(files []string) (size image.Point, reading int64, err error) {
	for _, f := range files {
		c, err := pictureHeader(f)
		if err != nil {
			return size, 0, err
		}
		size = image.Pt(max(size.X, c.Width), max(size.Y, c.Height))
		reading = max(reading, readingBytes(c))
	}
	return size, reading, nil
}
