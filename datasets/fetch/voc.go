package fetch

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
)

// Limits of the annotation files, far above what the published ones need.
const (
	maxXML        = 64 << 10
	maxList       = 4 << 20
	maxCoordinate = 1 << 20 // pixels
)

// headBox reads the head of the first object in a Pascal VOC annotation and what kind of object it is
// ("cat", "dog"). VOC counts pixels from 1 and includes the last one; the result is the half-open
// rectangle [xmin-1, xmax) x [ymin-1, ymax), with fractions rounded outwards. It may lie outside of the picture.
func headBox(data []byte) (box image.Rectangle, kind string, err error) {
	if len(data) > maxXML {
		return image.Rectangle{}, "", fmt.Errorf("%d bytes of XML, limit is %d", len(data), maxXML)
	}
	var voc struct {
		XMLName xml.Name `xml:"annotation"`
		Objects []struct {
			Name string `xml:"name"`
			Box  struct {
				XMin *float64 `xml:"xmin"`
				YMin *float64 `xml:"ymin"`
				XMax *float64 `xml:"xmax"`
				YMax *float64 `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(data, &voc); err != nil {
		return image.Rectangle{}, "", err
	}
	if len(voc.Objects) == 0 {
		return image.Rectangle{}, "", errors.New("annotation without object")
	}
	b := voc.Objects[0].Box
	for _, side := range []struct {
		name  string
		value *float64
	}{{"xmin", b.XMin}, {"ymin", b.YMin}, {"xmax", b.XMax}, {"ymax", b.YMax}} {
		if side.value == nil {
			return image.Rectangle{}, "", fmt.Errorf("bndbox without %s", side.name)
		}
		if !(math.Abs(*side.value) <= maxCoordinate) { // not NaN either
			return image.Rectangle{}, "", fmt.Errorf("bndbox: %s is %g, want at most %d pixels", side.name, *side.value, maxCoordinate)
		}
	}
	// Not image.Rect, which would swap sides that are the wrong way round.
	box.Min = image.Pt(int(math.Floor(*b.XMin))-1, int(math.Floor(*b.YMin))-1)
	box.Max = image.Pt(int(math.Ceil(*b.XMax)), int(math.Ceil(*b.YMax)))
	if box.Empty() {
		return image.Rectangle{}, "", fmt.Errorf("bndbox %v is empty", box)
	}
	return box, strings.TrimSpace(voc.Objects[0].Name), nil
}

// petSpecies reads list.txt of the pet data set: lines of "name class species breed", where species 1
// is a cat and 2 a dog, and comments that start with #. It tells for each name whether it is a cat.
func petSpecies(data []byte) (map[string]bool, error) {
	if len(data) > maxList {
		return nil, fmt.Errorf("%d bytes, limit is %d", len(data), maxList)
	}
	isCat := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 4 || (fields[2] != "1" && fields[2] != "2") {
			return nil, fmt.Errorf("line %d: %.80q: want name, class, species (1 cat, 2 dog) and breed", n, lines.Text())
		}
		isCat[fields[0]] = fields[2] == "1"
	}
	return isCat, lines.Err()
}
