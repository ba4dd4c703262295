package page

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"

	"ganlib/runs"
)

// moment names the pictures of one step by its epoch and its place in it, as their files do.
type moment struct{ epoch, batch int }

func (m moment) compare(o moment) int {
	return cmp.Or(cmp.Compare(m.epoch, o.epoch), cmp.Compare(m.batch, o.batch))
}

var pictureName = regexp.MustCompile(`^generated_img(\d{1,9})_(\d{1,9})\.png$`)

// album follows the folder of a run's pictures of fixed noise: the grids, or the single samples of a run
// that has no grids.
type album struct {
	run     *runs.Run
	folder  string // the one that has pictures
	read    time.Time
	list    []moment // by rising step
	version int      // another one means that earlier pictures are not those told before
}

// settled is how old the change of a folder must be, so that another one would show in its time.
const settled = 3 * time.Second

// poll looks for pictures that are new.
func (a *album) poll() error {
	for _, folder := range []string{runs.FixedGridFolder, runs.SingleFolder} {
		found, err := a.look(folder)
		if err != nil || found {
			return err
		}
	}
	return nil
}

// look reads a folder and reports whether it has pictures.
func (a *album) look(folder string) (bool, error) {
	info, err := os.Stat(a.run.Join(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	changed := info.ModTime()
	if a.folder == folder && changed.Before(a.read.Add(-settled)) {
		return true, nil
	}
	now := time.Now()
	entries, err := os.ReadDir(a.run.Join(folder))
	if err != nil {
		return false, err
	}
	var list []moment
	for _, e := range entries {
		if m, ok := parseMoment(e.Name()); ok && e.Type().IsRegular() {
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return false, nil
	}
	slices.SortFunc(list, moment.compare)
	if folder != a.folder || len(list) < len(a.list) || !slices.Equal(list[:len(a.list)], a.list) {
		a.version++
	}
	a.folder, a.list, a.read = folder, list, now
	return true, nil
}

// parseMoment reads the name of a picture.
func parseMoment(name string) (moment, bool) {
	match := pictureName.FindStringSubmatch(name)
	if match == nil {
		return moment{}, false
	}
	epoch, err := strconv.Atoi(match[1])
	batch, err2 := strconv.Atoi(match[2])
	return moment{epoch, batch}, err == nil && err2 == nil
}

// json appends the pictures from the given one on as [epoch,batch] pairs.
func (a *album) json(b []byte, from int) []byte {
	b = append(b, '[')
	for i, m := range a.list[from:] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendInt(b, int64(m.epoch), 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(m.batch), 10)
		b = append(b, ']')
	}
	return append(b, ']')
}
