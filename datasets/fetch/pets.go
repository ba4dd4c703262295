package fetch

import (
	"archive/tar"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// petAttribution is stored beside the crops: their licence asks for it.
//
//go:embed attribution.md
var petAttribution []byte

var (
	petXML   = regexp.MustCompile(`^(?:\./)?annotations/xmls/([A-Za-z_]{1,64}_[0-9]{1,6})\.xml$`)
	petPhoto = regexp.MustCompile(`^(?:\./)?images/([A-Za-z_]{1,64}_[0-9]{1,6})\.jpg$`)
)

// cropPets writes the heads of all cats that have a head box to PetFaces/cats, one <name>.jpg each, and
// ATTRIBUTION.md to PetFaces.
func cropPets(ctx context.Context, f *fetcher, paths map[string]string, r *Result) error {
	boxes, skipped, err := f.catBoxes(ctx, paths[petAnnotations])
	if err != nil {
		return err
	}
	r.Skipped = skipped
	defer func() {
		slices.SortFunc(r.Skipped, func(a, b Skip) int { return strings.Compare(a.Name, b.Name) })
	}()
	folder := filepath.Join(r.Dir, "cats")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return onDisk(folder, 0, err)
	}
	if err := writeFile(filepath.Join(r.Dir, "ATTRIBUTION.md"), petAttribution); err != nil {
		return err
	}
	skip := func(name string, err error) {
		f.log.Warn("image skipped", "name", name, "err", err)
		r.Skipped = append(r.Skipped, Skip{name, err})
	}
	err = f.eachEntry(ctx, paths[petImages], r.Set.Dir, func(header *tar.Header, content io.Reader) error {
		match := petPhoto.FindStringSubmatch(header.Name)
		if match == nil {
			return nil
		}
		name := match[1]
		box, wanted := boxes[name]
		if !wanted {
			return nil
		}
		delete(boxes, name)
		photo, err := readEntry(header, content, maxImage)
		if errors.Is(err, errEntrySize) {
			skip(name, err)
			return nil
		} else if err != nil {
			return err
		}
		crop, err := cropHead(photo, box)
		if err != nil {
			skip(name, err)
			return nil
		}
		if err := writeFile(filepath.Join(folder, name+".jpg"), crop); err != nil {
			return err
		}
		if r.Images++; len(boxes) == 0 {
			return errEnough
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(boxes)) {
		skip(name, fmt.Errorf("not in %s", petImages))
	}
	if r.Images == 0 {
		return fmt.Errorf("%s: not one head could be cropped, %d were skipped", paths[petImages], len(r.Skipped))
	}
	return nil
}

// catBoxes reads the head boxes of the cats from the archive of annotations, by name. list.txt tells
// the species; for a name that it lacks, the annotation does. Annotations that cannot be read are skipped.
func (f *fetcher) catBoxes(ctx context.Context, path string) (map[string]image.Rectangle, []Skip, error) {
	type annotation struct {
		box  image.Rectangle
		kind string
		err  error
	}
	annotations := map[string]annotation{}
	var isCat map[string]bool
	err := f.eachEntry(ctx, path, "", func(header *tar.Header, content io.Reader) error {
		if strings.TrimPrefix(header.Name, "./") == "annotations/list.txt" {
			list, err := readEntry(header, content, maxList)
			if err != nil {
				return fmt.Errorf("list.txt: %w", err)
			}
			if isCat, err = petSpecies(list); err != nil {
				return fmt.Errorf("list.txt: %w", err)
			}
			return nil
		}
		match := petXML.FindStringSubmatch(header.Name)
		if match == nil {
			return nil
		}
		data, err := readEntry(header, content, maxXML)
		if err != nil && !errors.Is(err, errEntrySize) {
			return err
		}
		var a annotation
		if a.err = err; err == nil {
			a.box, a.kind, a.err = headBox(data)
		}
		annotations[match[1]] = a
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if isCat == nil {
		return nil, nil, fmt.Errorf("%s: no annotations/list.txt: not the archive of the pet data set", path)
	}
	boxes := map[string]image.Rectangle{}
	var skipped []Skip
	for name, a := range annotations {
		cat, listed := isCat[name]
		if !listed {
			cat = a.kind == "cat"
		}
		switch {
		case !cat:
		case a.err != nil:
			f.log.Warn("image skipped", "name", name, "err", a.err)
			skipped = append(skipped, Skip{name, fmt.Errorf("annotation: %w", a.err)})
		default:
			boxes[name] = a.box
		}
	}
	if len(boxes) == 0 {
		return nil, nil, fmt.Errorf("%s: no cat with a head box among %d annotations", path, len(annotations))
	}
	return boxes, skipped, nil
}
