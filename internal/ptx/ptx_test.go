package ptx

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// packed is a file of PTX.
func packed(t *testing.T, text string) *fstest.MapFile {
	name := filepath.Join(t.TempDir(), "ptx")
	require.NoError(t, writeFile(name, text))
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return &fstest.MapFile{Data: data}
}

// TestCheckSeesWhatIsStale changes a folder in every way that makes its PTX another than its sources'.
func TestCheckSeesWhatIsStale(t *testing.T) {
	folder := func() fstest.MapFS {
		return fstest.MapFS{
			"a.cu": {Data: []byte("a")}, "b.cuh": {Data: []byte("b")}, "a.sm_75.ptx.gz": packed(t, "p"),
			ManifestName: {Data: []byte(`{"Headers": {"b.cuh": "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"},
				"Sources": {"a.cu": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
				"Outputs": {"a.sm_75.ptx.gz": "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940"}}`)},
		}
	}
	require.NoError(t, Check(folder()))
	for name, change := range map[string]func(f fstest.MapFS){
		"a.cu is not the one":           func(f fstest.MapFS) { f["a.cu"] = &fstest.MapFile{Data: []byte("x")} },
		"b.cuh is not the one":          func(f fstest.MapFS) { f["b.cuh"] = &fstest.MapFile{Data: []byte("x")} },
		"a.sm_75.ptx.gz is not the one": func(f fstest.MapFS) { f["a.sm_75.ptx.gz"] = packed(t, "x") },
		"a.sm_75.ptx.gz: ":              func(f fstest.MapFS) { f["a.sm_75.ptx.gz"] = &fstest.MapFile{Data: []byte("p")} },
		"a.sm_75.ptx.gz is missing":     func(f fstest.MapFS) { delete(f, "a.sm_75.ptx.gz") },
		"c.cu is not in":                func(f fstest.MapFS) { f["c.cu"] = &fstest.MapFile{} },
		"manifest":                      func(f fstest.MapFS) { delete(f, ManifestName) },
	} {
		f := folder()
		change(f)
		assert.ErrorContains(t, Check(f), name)
	}
}

func TestUsage(t *testing.T) {
	list := usage(`ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'tanh_value' for 'sm_90'
ptxas info    : Function properties for tanh_value
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 18 registers, used 0 barriers
ptxas info    : Compiling entry function 'sums' for 'sm_90'
ptxas info    : Function properties for sums
    16 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 4096 bytes smem
`)
	assert.Equal(t, []kernelUsage{{"tanh_value", 18, 0, false}, {"sums", 255, 4096, true}}, list)
	assert.Equal(t, "18, 100 %", list[0].cell(limitsOf["sm_90"], 256))
	assert.Equal(t, "255, 4096 B, 12 %", list[1].cell(limitsOf["sm_90"], 256))
}

func TestBuildNamesWhatFails(t *testing.T) {
	folder := t.TempDir()
	assert.ErrorContains(t, Build(folder, folder, "true"), "no sources in "+folder)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.cu"), []byte("// sm_80\n"), 0o666))
	assert.ErrorContains(t, Build(folder, folder, "false"), "false --version")
	assert.Equal(t, []string{"sm_75"}, Targets([]byte("#include\n// sm_80")))
	assert.Equal(t, []string{"sm_75", "sm_80"}, Targets([]byte("// sm_80 too")))
	assert.Equal(t, []string{"sm_80"}, Targets([]byte("// sm_80 only: tensor cores")))
	assert.Equal(t, []string{"sm_90a"}, Targets([]byte("// sm_90a only: wgmma")))
}

func TestArchitecture(t *testing.T) {
	for target, want := range map[string][]string{
		"sm_75": {"sm_75", "sm_80", "sm_90"}, "sm_80": {"", "sm_80", "sm_90"}, "sm_90": {"", "", "sm_90"}, "sm_90a": {"", "", "sm_90a"},
	} {
		for i, card := range Cards {
			assert.Equal(t, want[i], architecture(target, card), "%s on %s", target, card)
		}
	}
}
