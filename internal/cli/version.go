package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/device"
)

// release is the version of a published build: scripts/release.sh sets it, through the linker.
var release string

// buildVersion is the version of a build.
func buildVersion(info *debug.BuildInfo) string { return cmp.Or(release, info.Main.Version) }

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print version, platform and device", Args: atMost(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			dev, err := device.Open(device.Options{Name: "auto"})
			if err != nil {
				return err
			}
			defer dev.Close()
			if asJSON {
				return a.printJSON(versionOf(dev))
			}
			_, err = fmt.Fprintf(a.out, "%s\n%s %s/%s\ndevice: %s\n",
				versionLine(), runtime.Version(), runtime.GOOS, runtime.GOARCH, dev)
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// versionFacts is what version prints with --json.
type versionFacts struct {
	Version  string `json:"version"` // "(devel)" of a build outside of a released module
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"` // of the commit
	Modified bool   `json:"modified"`       // beyond the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Device   string `json:"device"`
}

func versionOf(dev device.Device) versionFacts {
	v := versionFacts{Version: "unknown", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Device: dev.String()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = buildVersion(info)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// versionLine names the module, its version and the commit it was built from, as far as the build
// recorded them.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "ganlib (unknown version)"
	}
	parts := []string{strings.TrimSpace("ganlib " + buildVersion(info))}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			parts = append(parts, "commit "+s.Value)
		case "vcs.time":
			parts = append(parts, "of "+s.Value)
		case "vcs.modified":
			if s.Value == "true" {
				parts = append(parts, "with local changes")
			}
		}
	}
	return strings.Join(parts, ", ")
}
