package fetch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzArchive reads any bytes as both archives of the pet data set: whatever they are, only files of
// expected names appear.
func FuzzArchive(f *testing.F) {
	annotations, images := pets(f)
	f.Add(plainTar(f, annotations[:6]...), plainTar(f, images[:4]...))
	f.Add(archive(f, annotations...), archive(f, images...))
	f.Add([]byte("\x1f\x8b"), []byte{})
	f.Fuzz(func(t *testing.T, annotations, images []byte) {
		dir := t.TempDir()
		paths := map[string]string{petAnnotations: filepath.Join(dir, "a"), petImages: filepath.Join(dir, "i")}
		require.NoError(t, os.WriteFile(paths[petAnnotations], annotations, 0o644))
		require.NoError(t, os.WriteFile(paths[petImages], images, 0o644))
		r := Result{Dir: filepath.Join(dir, "PetFaces")}
		err := cropPets(t.Context(), newFetcher(Options{}, quick), paths, &r)
		if err == nil && r.Images == 0 {
			t.Error("success without an image")
		}
		crops, _ := os.ReadDir(filepath.Join(r.Dir, "cats"))
		if len(crops) != r.Images {
			t.Errorf("%d files for %d images", len(crops), r.Images)
		}
		for _, c := range crops {
			if !petPhoto.MatchString("images/" + c.Name()) {
				t.Errorf("file %q", c.Name())
			}
		}
	})
}
