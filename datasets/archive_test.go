package datasets

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// member is a file to put into an archive.
type member struct {
	name string
	data []byte
}

func makeTar(t testing.TB, members []member) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.data)), Mode: 0o644}))
		_, err := w.Write(m.data)
		require.NoError(t, err)
	}
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "link.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}))
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "folder.png/", Typeflag: tar.TypeDir}))
	require.NoError(t, w.Close())
	return b.Bytes()
}

func gzipped(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func makeZip(t testing.TB, members []member, method uint16) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		require.NoError(t, err)
		_, err = f.Write(m.data)
		require.NoError(t, err)
	}
	_, err := w.Create("folder.png/")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// archives makes the same archive in each form, under the names that people give them.
func archives(t testing.TB, members []member) map[string][]byte {
	return map[string][]byte{
		"cats.tar":    makeTar(t, members),
		"cats.tar.gz": gzipped(t, makeTar(t, members)),
		"cats.tgz":    gzipped(t, makeTar(t, members)),
		"cats.zip":    makeZip(t, members, zip.Deflate),
		"cats":        makeZip(t, members, zip.Store),
	}
}

func TestArchiveChoosesAndSorts(t *testing.T) {
	for name, data := range archives(t, []member{
		{"./b/2.png", level(t, 1)},
		{"b/10.PNG", level(t, 2)},
		{"again.png", level(t, 3)},
		{"a/labels.txt", []byte("text")},
		{"../up.png", level(t, 90)},
		{"a/../../up.png", level(t, 91)},
		{"/etc/absolute.png", level(t, 92)},
		{`..\up.png`, level(t, 93)},
		{"__MACOSX/b/._2.png", []byte("resource fork")},
		{".trash/x.png", level(t, 94)},
		{`c\win.png`, level(t, 4)},
		{"again.png", level(t, 5)},
	}) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			writeFile(t, []string{file}, data)
			for _, open := range []func(string, Options) (Images, error){Archive, Open} {
				src, err := open(file, small)
				require.NoError(t, err)
				names, values := sources(t, src)
				assert.Equal(t, []string{"again.png", "b/10.PNG", "b/2.png", "c/win.png"}, names)
				assert.Equal(t, []byte{5, 2, 1, 4}, values)
				assert.Equal(t, "cats", src.Name())
			}
		})
	}
}

// Unpacking an archive leaves the last of several files with one name.
func TestArchiveKeepsTheLastOfEqualNames(t *testing.T) {
	var members []member
	for i := range byte(90) {
		members = append(members, member{fmt.Sprintf("%d.png", i%3), level(t, i)})
	}
	file := filepath.Join(t.TempDir(), "a.zip")
	writeFile(t, []string{file}, makeZip(t, members, zip.Store))
	src, err := Archive(file, small)
	require.NoError(t, err)
	names, values := sources(t, src)
	assert.Equal(t, []string{"0.png", "1.png", "2.png"}, names)
	assert.Equal(t, []byte{87, 88, 89}, values)
}

func TestArchiveErrors(t *testing.T) {
	one := []member{{"a.png", level(t, 1)}}
	big := gzipped(t, makeTar(t, one))
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"no images, tar", makeTar(t, []member{{"a.txt", nil}}), "no images"},
		{"no images, zip", makeZip(t, nil, zip.Store), "no images"},
		{"cut off tar", makeTar(t, one)[:540], "unexpected EOF"},
		{"cut off tar.gz", big[:len(big)-3], "EOF"},
		{"cut off zip", makeZip(t, one, zip.Store)[:60], "zip: not a valid zip file"},
		{"text", []byte("hello"), `neither a zip, tar or tar.gz file, a packed set nor idx images: it starts with "hello"`},
		{"gzipped text", gzipped(t, []byte("hello")), `starts with "hello"`},
		{"empty", nil, `starts with ""`},
		{"image", level(t, 1), "a single image"},
		{"idx", makeIDX(1, 2, 2, make([]byte, 4)), "an idx file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "file")
			writeFile(t, []string{file}, c.data)
			_, err := Archive(file, small)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, file)
		})
	}
	_, err := Archive(t.TempDir(), small)
	assert.ErrorContains(t, err, "not a regular file")
}

// Tar files of before POSIX have no magic number; the header's check sum tells.
func TestArchiveOldTar(t *testing.T) {
	data := makeTar(t, []member{{"a.png", level(t, 7)}})
	copy(data[257:265], make([]byte, 8))
	sum := 0
	copy(data[148:156], "        ")
	for _, b := range data[:512] {
		sum += int(b)
	}
	copy(data[148:156], fmt.Sprintf("%06o\x00 ", sum))
	file := filepath.Join(t.TempDir(), "old.tar")
	writeFile(t, []string{file}, data)
	src, err := Archive(file, small)
	require.NoError(t, err)
	assert.Equal(t, 1, src.Len())
}

func TestArchiveLimitsMemory(t *testing.T) {
	members := []member{{"a.png", make([]byte, 500)}, {"b.png", make([]byte, 500)}}
	file := filepath.Join(t.TempDir(), "a.tar")
	writeFile(t, []string{file}, makeTar(t, members))
	o := small
	o.MaxBytes = 1000
	_, err := Archive(file, o)
	assert.ErrorContains(t, err, "limit of 1000 bytes (reached at b.png)")
	o.MaxBytes = 2000
	_, err = Archive(file, o)
	assert.NoError(t, err)
}

// A tar header may claim any size; the claim alone takes no memory and does not stop the others.
func TestArchiveEntryTooLarge(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "b.png", Size: maxEncoded + 1}))
	head := bytes.Clone(b.Bytes())
	b.Reset()
	entries, err := tarEntries(io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, maxEncoded+512)), 1<<20)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	_, err = entries[0].read(maxEncoded)
	assert.ErrorContains(t, err, "the limit for one image is 268435456")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestZipDamagedEntry(t *testing.T) {
	members := []member{{"a.png", level(t, 1)}, {"b.png", level(t, 2)}, {"c.png", level(t, 3)}}
	directory := []byte("PK\x01\x02") // begins each entry of the directory at the end
	for _, c := range []struct {
		name   string
		method uint16
		damage func(data []byte, central int)
		want   string
	}{
		{"pixels", zip.Store, func(data []byte, _ int) { data[bytes.Index(data, []byte("IDAT"))]++ }, "check sum"},
		{"deflated", zip.Deflate, func(data []byte, central int) { data[36] = 0xff }, "flate"},
		{"encrypted", zip.Store, func(data []byte, central int) { data[central+8] |= 1 }, "encrypted"},
		{"method", zip.Store, func(data []byte, central int) { data[central+10] = 12 }, "compression method 12"},
		{"too short", zip.Store, func(data []byte, central int) { data[central+24]++ }, "bytes that the zip file's directory says"},
		{"too large", zip.Store, func(data []byte, central int) { data[central+27] = 0x7f }, "the limit for one image"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := makeZip(t, members, c.method)
			c.damage(data, bytes.Index(data, directory))
			file := filepath.Join(t.TempDir(), "a.zip")
			writeFile(t, []string{file}, data)
			src, err := Archive(file, small)
			require.NoError(t, err)
			dst := make([]byte, 4)
			err = src.Read(0, dst)
			require.ErrorContains(t, err, c.want)
			assert.ErrorContains(t, err, "a.png")
			assert.NoError(t, src.Read(1, dst))
			assert.NoError(t, src.Read(2, dst))
		})
	}
}

func TestEntryName(t *testing.T) {
	for name, want := range map[string]string{
		"a.png":            "a.png",
		"./a//b/./c.jpg":   "a/b/c.jpg",
		"a/..b/c.gif":      "", // hidden: it starts with a dot
		"a/b..c.gif":       "a/b..c.gif",
		"..":               "",
		"a/../b.png":       "",
		"//server/b.png":   "",
		"a\\b.png":         "a/b.png",
		"C:\\x\\..\\a.png": "",
		"":                 "",
		".png":             "",
		"a.png/":           "a.png",
		"a\xff.png":        "",
	} {
		got, ok := entryName(name)
		assert.Equal(t, want, got, "%q", name)
		assert.Equal(t, want != "", ok, "%q", name)
	}
}

func FuzzArchive(f *testing.F) {
	for _, data := range archives(f, []member{{"a.png", level(f, 1)}, {"b/c.png", level(f, 2)}, {"../d.png", nil}}) {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	file := filepath.Join(f.TempDir(), "archive")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(file, data, 0o666))
		src, err := Archive(file, Options{Size: 2, Channels: 3, MaxPixels: 1 << 16, MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		dst := make([]byte, 2*2*3)
		for i := range src.Len() {
			_ = src.Read(i, dst)
		}
	})
}
