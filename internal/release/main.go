// Release builds what is published of a version: both programs for each platform, packed with their licences,
// a bill of materials (SBOM) beside each archive, and check sums of all. scripts/release.sh calls it:
//
//	release VERSION OUT [OS/ARCH...]
//
// The same sources and the same version of Go give the same bytes, wherever and whenever it runs: what is
// written depends on no path, no clock and no user, and archives are made here and not by the tools of a system.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1)
	}
}

// semantic is a version as go.dev/ref/mod has them, without build metadata.
var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// run makes the release in a folder beside OUT, which gets its name when everything is there.
func run(ctx context.Context, args []string) (err error) {
	if len(args) < 2 {
		return fmt.Errorf("want VERSION OUT [OS/ARCH...]")
	}
	version, out := args[0], filepath.Clean(args[1])
	if !semantic.MatchString(version) {
		return fmt.Errorf("version %q: want one like v1.2.3 or v1.2.3-rc.1", version)
	}
	targets, err := parseTargets(args[2:])
	if err != nil {
		return err
	}
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("%s exists already", out)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(out), ".release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // after the renaming it is not there
	for _, t := range targets {
		fmt.Println(t)
		if err := publish(ctx, version, t, folder); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	if err := writeSums(folder); err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		return err
	}
	return os.Rename(folder, out)
}

// publish writes the archive of one platform, and its bill of materials.
func publish(ctx context.Context, version string, t target, folder string) error {
	programs, err := os.MkdirTemp("", "ganlib-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(programs)
	if err := build(ctx, version, t, programs); err != nil {
		return err
	}
	m, err := materialsOf(ctx, t, programs)
	if err != nil {
		return err
	}
	third, err := thirdParty(version, t, m)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("ganlib_%s_%s_%s", version, t.os, t.arch)
	entries, err := contents(programs, third)
	if err != nil {
		return err
	}
	if err := writeArchive(filepath.Join(folder, name+t.suffix()), name, entries, m.time()); err != nil {
		return err
	}
	return writeFile(filepath.Join(folder, name+".cdx.json"), sbom(version, t, m))
}

// contents are the files of an archive.
func contents(programs string, third []byte) ([]entry, error) {
	entries := []entry{{name: "THIRD_PARTY.txt", data: third, mode: 0o644}}
	for _, name := range []string{"LICENSE", "CHANGELOG.md", "SECURITY.md"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{name, data, 0o644})
	}
	built, err := os.ReadDir(programs)
	if err != nil {
		return nil, err
	}
	for _, p := range built {
		data, err := os.ReadFile(filepath.Join(programs, p.Name()))
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{p.Name(), data, 0o755})
	}
	return entries, nil
}

// time is that of the commit, or where there is none the first that a zip file can have.
func (m *materials) time() time.Time {
	for _, s := range m.settings {
		if s.Key == "vcs.time" {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
}
