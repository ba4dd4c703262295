package fetch

import (
	"bytes"
	"image"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHeadBox(t *testing.T) {
	box, kind, err := headBox(voc("cat", image.Rect(332, 71, 425, 158)))
	require.NoError(t, err)
	assert.Equal(t, image.Rect(332, 71, 425, 158), box)
	assert.Equal(t, "cat", kind)

	object := func(bndbox string) string {
		return "<annotation><object><name> dog\n</name><bndbox>" + bndbox + "</bndbox></object></annotation>"
	}
	box, kind, err = headBox([]byte(object("<xmin> 1.5 </xmin><ymin>2</ymin><xmax>9.2</xmax><ymax>8</ymax>")))
	require.NoError(t, err)
	assert.Equal(t, image.Rect(0, 1, 10, 8), box, "fractions are rounded outwards")
	assert.Equal(t, "dog", kind)

	for name, test := range map[string]struct{ xml, says string }{
		"empty":            {"", "EOF"},
		"no XML":           {"Abyssinian", "EOF"},
		"another document": {"<html></html>", "expected element type <annotation>"},
		"no object":        {"<annotation></annotation>", "without object"},
		"no box":           {"<annotation><object></object></annotation>", "bndbox without xmin"},
		"missing side":     {object("<xmin>1</xmin><ymin>2</ymin><ymax>8</ymax>"), "bndbox without xmax"},
		"no number":        {object("<xmin>left</xmin>"), `"left"`},
		"not a number":     {object("<xmin>NaN</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax>"), "xmin is NaN"},
		"infinite":         {object("<xmin>1</xmin><ymin>2</ymin><xmax>Inf</xmax><ymax>8</ymax>"), "xmax is +Inf"},
		"far away":         {object("<xmin>1</xmin><ymin>-1e300</ymin><xmax>9</xmax><ymax>8</ymax>"), "ymin is -1e+300"},
		"wrong way round":  {object("<xmin>9</xmin><ymin>2</ymin><xmax>1</xmax><ymax>8</ymax>"), "is empty"},
		"long":             {strings.Repeat(" ", maxXML+1), "limit is 65536"},
		"deep":             {strings.Repeat("<annotation>", maxXML/12), "EOF"},
		"entity":           {`<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + object("<xmin>&e;</xmin>"), "entity"},
	} {
		_, _, err := headBox([]byte(test.xml))
		assert.ErrorContains(t, err, test.says, name)
	}
}

func TestPetSpecies(t *testing.T) {
	got, err := petSpecies([]byte("# comment\r\n\r\nBengal_1 6 1 2\r\n  beagle_1\t5 2 4\n#Image CLASS-ID SPECIES BREED ID"))
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"Bengal_1": true, "beagle_1": false}, got)

	for name, test := range map[string]struct{ text, says string }{
		"columns": {"Bengal_1 6 1 2\nBengal_2 6 1\n", "line 2"},
		"species": {"Bengal_1 6 3 2", "line 1"},
		"line":    {strings.Repeat("x", 70_000), "token too long"},
	} {
		_, err := petSpecies([]byte(test.text))
		assert.ErrorContains(t, err, test.says, name)
	}
	_, err = petSpecies(bytes.Repeat([]byte("#"), maxList+1))
	assert.ErrorContains(t, err, "limit is")
}

func FuzzHeadBox(f *testing.F) {
	f.Add(voc("cat", image.Rect(1, 2, 30, 40)))
	f.Add([]byte("<annotation><object><bndbox><xmin>9</xmin></bndbox></object></annotation>"))
	f.Add([]byte("<annotation>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		box, _, err := headBox(data)
		if err != nil {
			return
		}
		if box.Empty() || box.Dx() > 2*maxCoordinate+2 || box.Dy() > 2*maxCoordinate+2 {
			t.Errorf("box %v", box)
		}
		if square, err := headSquare(box, image.Rect(0, 0, 500, 375)); err == nil && !square.In(image.Rect(0, 0, 500, 375)) {
			t.Errorf("box %v: square %v", box, square)
		}
	})
}

func FuzzPetSpecies(f *testing.F) {
	f.Add(list)
	f.Add([]byte("Bengal_1 6"))
	f.Fuzz(func(t *testing.T, data []byte) {
		isCat, err := petSpecies(data)
		if err != nil && isCat != nil && !strings.Contains(err.Error(), "too long") {
			t.Errorf("names %v with error %v", isCat, err)
		}
	})
}
