package main

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ganlib/report"
)

// grid is a picture of samples of the same noise, after so many seconds of training.
type grid struct {
	path    string
	seconds float64
}

// gridsOf lists a run's grids. The first was written just after the first step, whose time is known.
func gridsOf(folder string, rows []report.Scalars) ([]grid, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "generated_grid_images_fixed", "*.png"))
	if err != nil {
		return nil, err
	}
	var grids []grid
	var began time.Time
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if filepath.Base(path) == "generated_img0_0.png" {
			began = info.ModTime().Add(-time.Duration(rows[0].Seconds * float64(time.Second)))
		}
		grids = append(grids, grid{path, float64(info.ModTime().UnixNano()) / 1e9})
	}
	if began.IsZero() {
		return nil, fmt.Errorf("%s: no grid of the first step", folder)
	}
	for i := range grids {
		grids[i].seconds -= float64(began.UnixNano()) / 1e9
	}
	slices.SortFunc(grids, func(a, b grid) int { return cmp.Compare(a.seconds, b.seconds) })
	return grids, nil
}

// chosen returns for each time the grid that is nearest, and at last the last one; none twice.
func chosen(grids []grid, times []float64) (list []grid) {
	end := grids[len(grids)-1]
	for _, at := range times {
		g := slices.MinFunc(grids, func(a, b grid) int { return cmp.Compare(math.Abs(a.seconds-at), math.Abs(b.seconds-at)) })
		if !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	if !slices.Contains(list, end) {
		list = append(list, end)
	}
	return list
}

// gap is the space between two grids, in pixels.
const gap = 12

// sideBySide writes grids into one picture and returns their times.
func sideBySide(grids []grid, to string) (seconds []float64, err error) {
	var images []image.Image
	var size image.Point
	for _, g := range grids {
		f, err := os.Open(g.path)
		if err != nil {
			return nil, err
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.path, err)
		}
		images, seconds = append(images, img), append(seconds, g.seconds)
		size.X += img.Bounds().Dx() + gap
		size.Y = max(size.Y, img.Bounds().Dy())
	}
	all := image.NewRGBA(image.Rect(0, 0, size.X-gap, size.Y))
	draw.Draw(all, all.Rect, image.White, image.Point{}, draw.Src)
	at := image.Point{}
	for _, img := range images {
		draw.Draw(all, img.Bounds().Sub(img.Bounds().Min).Add(at), img, img.Bounds().Min, draw.Src)
		at.X += img.Bounds().Dx() + gap
	}
	f, err := os.Create(to)
	if err != nil {
		return nil, err
	}
	return seconds, errors.Join(png.Encode(f, all), f.Close())
}
