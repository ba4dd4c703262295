package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestArchives(t *testing.T) {
	at := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	entries := []entry{{"b", []byte("second"), 0o755}, {"a", []byte("first"), 0o644}}
	for _, suffix := range []string{".tar.gz", ".zip"} {
		folder := t.TempDir()
		one, two := filepath.Join(folder, "one"+suffix), filepath.Join(folder, "two"+suffix)
		require.NoError(t, writeArchive(one, "top", entries, at))
		time.Sleep(time.Millisecond)
		require.NoError(t, writeArchive(two, "top", []entry{entries[1], entries[0]}, at))
		a, err := os.ReadFile(one)
		require.NoError(t, err)
		b, err := os.ReadFile(two)
		require.NoError(t, err)
		assert.Equal(t, a, b, suffix)
		assert.NotContains(t, string(a), "one", suffix)
	}
}

func TestTarSaysNothingOfTheMachine(t *testing.T) {
	var b bytes.Buffer
	at := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	require.NoError(t, writeTar(&b, "top", []entry{{"a", []byte("first"), 0o755}}, at))
	packed, err := gzip.NewReader(&b)
	require.NoError(t, err)
	assert.True(t, packed.ModTime.IsZero())
	assert.Empty(t, packed.Name)
	archive := tar.NewReader(packed)
	h, err := archive.Next()
	require.NoError(t, err)
	data, err := io.ReadAll(archive)
	require.NoError(t, err)
	assert.Equal(t, "first", string(data))
	assert.Equal(t, "top/a", h.Name)
	assert.Equal(t, int64(0o755), h.Mode)
	assert.True(t, h.ModTime.Equal(at))
	assert.Empty(t, h.Uname+h.Gname)
	assert.Zero(t, h.Uid+h.Gid)
}

func TestZip(t *testing.T) {
	var b bytes.Buffer
	at := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	require.NoError(t, writeZip(&b, "top", []entry{{"a.exe", []byte("first"), 0o755}}, at))
	archive, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	require.Len(t, archive.File, 1)
	assert.Equal(t, "top/a.exe", archive.File[0].Name)
	assert.Equal(t, os.FileMode(0o755), archive.File[0].Mode())
	assert.True(t, archive.File[0].Modified.Equal(at))
}

func TestSums(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a"), []byte("abc"), 0o600))
	require.NoError(t, writeSums(folder))
	text, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	require.NoError(t, err)
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n", string(text)) // FIPS 180-4, example 1
}

func TestBill(t *testing.T) {
	m := &materials{
		goVersion: "go1.26.1", main: &module{Path: "ganlib", uses: map[string]bool{"example.com/~a": true}},
		modules: []*module{
			{Path: "example.com/b", Version: "v1.0.0+incompatible"},
			{Path: "example.com/~a", Version: "v2.0.0", Sum: "h1:AAECAw==", uses: map[string]bool{"example.com/b": true}},
		},
		vendored: []vendored{{name: "Plot", npm: "plot", version: "3.0.0"}},
		settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abcdef"}, {Key: "GOOS", Value: "linux"}},
	}
	text := sbom("v1.2.3", targets[0], m)
	assert.Equal(t, text, sbom("v1.2.3", targets[0], m))
	var b bill
	require.NoError(t, json.Unmarshal(text, &b))
	assert.Equal(t, "pkg:golang/ganlib@v1.2.3", b.Metadata.Component.Ref)
	assert.Equal(t, []property{{"ganlib:platform", "linux/amd64"}, {"ganlib:vcs.revision", "abcdef"}}, b.Metadata.Component.Properties)
	const std, first, second, plot = "pkg:golang/std@1.26.1", "pkg:golang/example.com/%7Ea@v2.0.0", "pkg:golang/example.com/b@v1.0.0%2Bincompatible", "pkg:npm/plot@3.0.0"
	var refs []string
	for _, c := range b.Components {
		refs = append(refs, c.Ref)
	}
	assert.Equal(t, []string{std, second, first, plot}, refs)
	assert.Equal(t, []hash{{"SHA-256", "00010203"}}, b.Components[2].Hashes)
	assert.Equal(t, []dependency{
		{"pkg:golang/ganlib@v1.2.3", []string{std, first, plot}}, {second, []string{std}}, {first, []string{std, second}},
	}, b.Dependencies)
}

func TestLicences(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"LICENSE.txt", "licence.go", "NOTICE", "README", "licenses/mit.txt", "in/use/COPYING", "not/used/LICENSE"} {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, nil, 0o666))
	}
	files, err := licences(root, []string{filepath.Join(root, "in", "use"), root})
	require.NoError(t, err)
	var want []string
	for _, name := range []string{"LICENSE.txt", "NOTICE", "in/use/COPYING", "licenses/mit.txt"} {
		want = append(want, filepath.FromSlash(name))
	}
	assert.Equal(t, want, files)
	_, err = licences(filepath.Join(root, "not"), nil)
	assert.ErrorContains(t, err, "none in")
}

func TestRefused(t *testing.T) {
	folder := t.TempDir()
	for want, args := range map[string][]string{
		"want VERSION OUT":                    {"v1.0.0"},
		`version "1.0.0"`:                     {"1.0.0", filepath.Join(folder, "out")},
		`version "v1.0.0 -X main.a=b"`:        {"v1.0.0 -X main.a=b", filepath.Join(folder, "out")},
		`target "plan9/mips"`:                 {"v1.0.0", filepath.Join(folder, "out"), "plan9/mips"},
		filepath.Base(folder) + " exists alr": {"v1.0.0", folder},
	} {
		assert.ErrorContains(t, run(t.Context(), args), want)
	}
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left)
}
