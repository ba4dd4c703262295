package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/device"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version, platform and device", Args: atMost(0, "none"),
		RunE: func(*cobra.Command, []string) error {
			dev, err := device.Open(device.Options{Name: "auto"})
			if err != nil {
				return err
			}
			defer dev.Close()
			_, err = fmt.Fprintf(a.out, "%s\n%s %s/%s\ndevice: %s\n",
				versionLine(), runtime.Version(), runtime.GOOS, runtime.GOARCH, dev)
			return err
		},
	}
}

// versionLine names the module, its version and the commit it was built from, as far as the build
// recorded them.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "ganlib (unknown version)"
	}
	parts := []string{strings.TrimSpace("ganlib " + info.Main.Version)}
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
