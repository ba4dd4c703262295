package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entry is a file in an archive. size, if not zero, is what the header claims instead of the truth.
type entry struct {
	name    string
	content []byte
	size    int64
}

// archive packs entries as the data set's archives are packed.
func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	_, err := packed.Write(plainTar(t, entries...))
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	return out.Bytes()
}

func plainTar(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.content)), Typeflag: tar.TypeReg}
		if e.size != 0 {
			h.Size = e.size
		}
		if e.content == nil {
			h.Typeflag = tar.TypeDir
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write(e.content)
		require.NoError(t, err)
	}
	if err := w.Close(); err != nil {
		require.Contains(t, err.Error(), "missed writing", "only a false size may keep the archive from being closed")
	}
	return out.Bytes()
}

// scene draws a photograph of w x h blue pixels with a red head.
func scene(w, h int, head image.Rectangle) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{0, 0, 255, 255}, color.RGBA{255, 0, 0, 255}})
	for y := head.Min.Y; y < head.Max.Y; y++ {
		for x := head.Min.X; x < head.Max.X; x++ {
			img.SetColorIndex(x, y, 1)
		}
	}
	return img
}

func encoded(t testing.TB, img image.Image, format string) []byte {
	t.Helper()
	var out bytes.Buffer
	switch format {
	case "jpeg":
		require.NoError(t, jpeg.Encode(&out, img, &jpeg.Options{Quality: 95}))
	case "png":
		require.NoError(t, png.Encode(&out, img))
	case "gif":
		require.NoError(t, gif.Encode(&out, img, nil))
	}
	return out.Bytes()
}

// voc writes the annotation of a head in the form of the data set; VOC counts from 1, last pixel included.
func voc(kind string, head image.Rectangle) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0"?>
<annotation>
	<folder>OXIIIT</folder>
	<filename>some.jpg</filename>
	<source><database>OXFORD-IIIT Pet Dataset</database><annotation>OXIIIT</annotation><image>flickr</image></source>
	<size><width>60</width><height>40</height><depth>3</depth></size>
	<segmented>0</segmented>
	<object>
		<name>%s</name><pose>Frontal</pose><truncated>0</truncated><occluded>0</occluded>
		<bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox>
		<difficult>0</difficult>
	</object>
</annotation>
`, kind, head.Min.X+1, head.Min.Y+1, head.Max.X, head.Max.Y)
}

var (
	head  = image.Rect(20, 10, 40, 26) // in a photograph of 60 x 40
	photo = scene(60, 40, head)
	list  = []byte(`#Image CLASS-ID SPECIES BREED ID
#ID: 1:37 Class ids
#SPECIES: 1:Cat 2:Dog
Abyssinian_1 1 1 1
Bengal_22 6 1 2
Birman_3 7 1 3
Bombay_4 8 1 4
Egyptian_Mau_5 12 1 6
Persian_6 24 1 8
Ragdoll_7 27 1 9
beagle_1 5 2 4
`)
)

// pets is the data set in small: the same layout, with good and bad cases. Each list is the content of
// one archive.
func pets(t testing.TB) (annotations, images []entry) {
	good := encoded(t, photo, "jpeg")
	xml := func(name, kind string, box image.Rectangle) entry {
		return entry{name: "annotations/xmls/" + name + ".xml", content: voc(kind, box)}
	}
	annotations = []entry{
		{name: "annotations/"},
		{name: "annotations/._list.txt", content: []byte("resource fork")},
		{name: "annotations/list.txt", content: list},
		{name: "annotations/trimaps/Abyssinian_1.png", content: []byte("not read")},
		xml("Abyssinian_1", "cat", head),
		xml("Bengal_22", "cat", head),
		xml("Birman_3", "cat", image.Rect(50, 30, 90, 60)),     // partly outside
		xml("Bombay_4", "cat", image.Rect(100, 100, 120, 120)), // outside
		xml("Egyptian_Mau_5", "cat", head),                     // a GIF named .jpg
		xml("Persian_6", "cat", head),                          // a corrupt image
		xml("Siamese_8", "cat", head),                          // not in list.txt, a PNG named .jpg
		xml("Sphynx_9", "cat", head),                           // no photograph
		xml("beagle_1", "dog", head),
		xml("pug_2", "dog", head), // not in list.txt either
		{name: "annotations/xmls/Ragdoll_7.xml", content: []byte("<annotation><object>")},
		{name: "annotations/xmls/../../../escape_1.xml", content: voc("cat", head)},
	}
	images = []entry{
		{name: "images/"},
		{name: "images/Abyssinian_1.mat", content: []byte("Matlab")},
		{name: "images/Abyssinian_1.jpg", content: good},
		{name: "images/beagle_1.jpg", content: good},
		{name: "images/pug_2.jpg", content: good},
		{name: "images/Bengal_22.jpg", content: good},
		{name: "images/Birman_3.jpg", content: good},
		{name: "images/Bombay_4.jpg", content: good},
		{name: "images/Egyptian_Mau_5.jpg", content: encoded(t, photo, "gif")},
		{name: "images/Persian_6.jpg", content: good[:len(good)/2]},
		{name: "images/Ragdoll_7.jpg", content: good},
		{name: "images/Siamese_8.jpg", content: encoded(t, photo, "png")},
		{name: "images/Abyssinian_1.jpg", content: []byte("a second one of that name")},
		{name: "../Abyssinian_1.jpg", content: good},
		{name: "/etc/Abyssinian_1.jpg", content: good},
		{name: "images/../../Abyssinian_1.jpg", content: good},
	}
	return annotations, images
}

// petSet is the published spec of oxford-pets with other archives.
func petSet(t testing.TB, annotations, images []byte) (spec, map[string][]byte) {
	t.Helper()
	s, err := lookup("oxford-pets", "data")
	require.NoError(t, err)
	s.files = []remote{published(petAnnotations, annotations), published(petImages, images)}
	return s, map[string][]byte{petAnnotations: annotations, petImages: images}
}

func TestPets(t *testing.T) {
	annotations, images := pets(t)
	for name, pack := range map[string]func(testing.TB, ...entry) []byte{"gzip": archive, "plain tar": plainTar} {
		t.Run(name, func(t *testing.T) {
			s, files := petSet(t, pack(t, annotations...), pack(t, images...))
			m := newMirror(t, files)
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			progress := map[string]int64{}
			o := Options{Dir: dir, BaseURL: m.URL, Progress: func(file string, done, total int64) {
				assert.LessOrEqual(t, done, total)
				progress[file] = done
			}}
			r, err := run(t.Context(), s, o, quick)
			require.NoError(t, err)

			assert.Equal(t, 5, r.Images)
			assert.Equal(t, filepath.Join(dir, "PetFaces"), r.Dir)
			var skipped []string
			for _, skip := range r.Skipped {
				skipped = append(skipped, skip.Name+": "+skip.Err.Error())
			}
			assert.Equal(t, []string{
				"Bombay_4: head box (100,100)-(120,120) lies outside of the image (0,0)-(60,40)",
				"Persian_6: unexpected EOF",
				"Ragdoll_7: annotation: XML syntax error on line 1: unexpected EOF",
				"Sphynx_9: not in images.tar.gz",
			}, skipped)
			assert.Equal(t, []string{
				"oxford-iiit-pet/annotations.tar.gz",
				"oxford-iiit-pet/images.tar.gz",
				"PetFaces/ATTRIBUTION.md",
				"PetFaces/cats/Abyssinian_1.jpg",
				"PetFaces/cats/Bengal_22.jpg",
				"PetFaces/cats/Birman_3.jpg",
				"PetFaces/cats/Egyptian_Mau_5.jpg",
				"PetFaces/cats/Siamese_8.jpg",
			}, tree(t, parent, "data"), "these files and no others, whatever the archives call theirs")
			size := int64(len(files[petImages]))
			assert.Equal(t, map[string]int64{petAnnotations: int64(len(files[petAnnotations])), petImages: size, "PetFaces/cats": size}, progress)

			attribution, err := os.ReadFile(filepath.Join(dir, "PetFaces", "ATTRIBUTION.md"))
			require.NoError(t, err)
			for _, want := range []string{"Parkhi", "Vedaldi", "Zisserman", "Jawahar", "Cats and Dogs", "2012", "CC BY-SA 4.0", s.Page} {
				assert.Contains(t, string(attribution), want)
			}

			// The side is 1.12 times 20, the centre that of the head.
			for _, name := range []string{"Abyssinian_1", "Egyptian_Mau_5", "Siamese_8"} {
				crop := readCrop(t, dir, name)
				assert.Equal(t, image.Rect(0, 0, 22, 22), crop.Bounds(), name)
				assert.Equal(t, "blue", hue(crop.At(10, 0)), name)
				assert.Equal(t, "red", hue(crop.At(10, 10)), name)
				assert.Equal(t, "blue", hue(crop.At(10, 21)), name)
			}
			assert.Equal(t, image.Rect(0, 0, 11, 11), readCrop(t, dir, "Birman_3").Bounds(), "10 pixels of the box are visible")

			requests := len(m.ranges())
			again, err := run(t.Context(), s, o, quick)
			require.NoError(t, err)
			assert.Len(t, m.ranges(), requests, "the archives are still there")
			assert.Equal(t, 5, again.Images)
		})
	}
}

// tree lists the files below parent, relative to parent/name and in the order of that folder's names.
func tree(t *testing.T, parent, name string) []string {
	t.Helper()
	var out []string
	for _, folder := range []string{"oxford-iiit-pet", "PetFaces", "PetFaces/cats"} {
		entries, err := os.ReadDir(filepath.Join(parent, name, folder))
		require.NoError(t, err)
		for _, e := range entries {
			if !e.IsDir() {
				out = append(out, folder+"/"+e.Name())
			}
		}
	}
	count := 0
	require.NoError(t, filepath.WalkDir(parent, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			count++
		}
		return err
	}))
	assert.Len(t, out, count, "files outside of the three folders")
	return out
}

func readCrop(t *testing.T, dir, name string) image.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "PetFaces", "cats", name+".jpg"))
	require.NoError(t, err)
	img, err := jpeg.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

func hue(c color.Color) string {
	switch r, g, b, _ := c.RGBA(); {
	case r > 0xb000 && g < 0x6000 && b < 0x6000:
		return "red"
	case b > 0xb000 && g < 0x6000 && r < 0x6000:
		return "blue"
	default:
		return fmt.Sprint(c)
	}
}

func TestPetsBadArchives(t *testing.T) {
	annotations, images := pets(t)
	goodXML, goodImages := archive(t, annotations...), archive(t, images...)
	tests := []struct {
		name                string
		annotations, images []byte
		says                string
	}{
		{"truncated images", goodXML, goodImages[:len(goodImages)-200], petImages + ": images/Siamese_8.jpg: unexpected EOF"},
		{"truncated plain tar", goodXML, plainTar(t, images...)[:3000], petImages + ": images/Abyssinian_1.jpg: unexpected EOF"},
		{"truncated annotations", goodXML[:len(goodXML)/2], goodImages, petAnnotations + ": annotations/xmls/Abyssinian_1.xml: unexpected EOF"},
		{"truncated inside an annotation", plainTar(t, annotations...)[:5700], goodImages, petAnnotations + ": annotations/xmls/Bengal_22.xml: unexpected EOF"},
		{"not an archive", goodXML, noise(5000), petImages + ": archive/tar: invalid tar header"},
		{"gzip of nothing", archive(t), goodImages, "no annotations/list.txt"},
		{"list without species", archive(t, entry{name: "annotations/list.txt", content: []byte("Bengal_1 6\n")}), goodImages,
			"list.txt: line 1"},
		{"huge list", archive(t, entry{name: "annotations/list.txt", content: make([]byte, maxList+1)}), goodImages,
			"list.txt: entry too large: 4194305 bytes"},
		{"only dogs", archive(t, entry{name: "annotations/list.txt", content: list}), goodImages, "no cat with a head box"},
		{"no image is there", goodXML, archive(t), "not one head could be cropped, 9 were skipped"},
		{"claimed size without content", goodXML,
			archive(t, entry{name: "images/Bengal_22.jpg", content: []byte("x"), size: 1 << 40}), petImages + ": unexpected EOF"},
		{"claimed size within the limit", goodXML,
			archive(t, entry{name: "images/Bengal_22.jpg", content: []byte("x"), size: maxImage}), "Bengal_22.jpg: unexpected EOF"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, files := petSet(t, test.annotations, test.images)
			m := newMirror(t, files)
			_, err := run(t.Context(), s, Options{Dir: t.TempDir(), BaseURL: m.URL}, quick)
			require.ErrorContains(t, err, test.says)
			assert.ErrorContains(t, err, "fetch: oxford-pets: ")
		})
	}
}

// TestPetsHugeEntries has entries that are as large as they claim: they are named and left out.
func TestPetsHugeEntries(t *testing.T) {
	good := encoded(t, photo, "jpeg")
	annotations := archive(t,
		entry{name: "annotations/list.txt", content: list},
		entry{name: "annotations/xmls/Abyssinian_1.xml", content: voc("cat", head)},
		entry{name: "annotations/xmls/Bengal_22.xml", content: voc("cat", head)},
		entry{name: "annotations/xmls/Birman_3.xml", content: append(voc("cat", head), bytes.Repeat([]byte(" "), maxXML)...)},
		entry{name: "annotations/xmls/Bombay_4.xml", content: voc("cat", head)},
	)
	wide := encoded(t, photo, "png")
	copy(wide[16:], "\x00\x01\x00\x00\x00\x01\x00\x00") // 65536 x 65536 pixels, by the header
	images := archive(t,
		entry{name: "images/Abyssinian_1.jpg", content: make([]byte, maxImage+1)},
		entry{name: "images/Bombay_4.jpg", content: wide},
		entry{name: "images/Bengal_22.jpg", content: good},
	)
	s, files := petSet(t, annotations, images)
	m := newMirror(t, files)
	r, err := run(t.Context(), s, Options{Dir: t.TempDir(), BaseURL: m.URL}, quick)
	require.NoError(t, err)
	assert.Equal(t, 1, r.Images)
	require.Len(t, r.Skipped, 3)
	assert.ErrorIs(t, r.Skipped[0].Err, errEntrySize)
	assert.Equal(t, "Birman_3", r.Skipped[1].Name)
	assert.ErrorIs(t, r.Skipped[1].Err, errEntrySize)
	assert.Equal(t, "Bombay_4", r.Skipped[2].Name)
	assert.ErrorContains(t, r.Skipped[2].Err, "png: invalid format") // the changed header fails its CRC
}

func TestPetsCancel(t *testing.T) {
	annotations, images := pets(t)
	s, files := petSet(t, archive(t, annotations...), archive(t, images...))
	m := newMirror(t, files)
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir()
	_, err := run(ctx, s, Options{Dir: dir, BaseURL: m.URL, Progress: func(file string, _, _ int64) {
		if file == "PetFaces/cats" {
			cancel()
		}
	}}, quick)
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "stopped while reading")
	assert.FileExists(t, filepath.Join(dir, "oxford-iiit-pet", petImages), "the download is kept")
}

func TestPetsDiskError(t *testing.T) {
	annotations, images := pets(t)
	s, files := petSet(t, archive(t, annotations...), archive(t, images...))
	m := newMirror(t, files)
	dir := t.TempDir()
	blocked := filepath.Join(dir, "PetFaces", "cats", "Bengal_22.jpg")
	require.NoError(t, os.MkdirAll(filepath.Join(blocked, "in the way"), 0o755))
	_, err := run(t.Context(), s, Options{Dir: dir, BaseURL: m.URL}, quick)
	var disk *diskError
	require.ErrorAs(t, err, &disk)
	assert.ErrorContains(t, err, blocked)
	assert.NoFileExists(t, blocked+".part")
}
