package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// target is a platform.
type target struct{ os, arch string }

// targets are the platforms of a release.
var targets = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "arm64"}, {"darwin", "amd64"}, {"windows", "amd64"}}

func (t target) String() string { return t.os + "/" + t.arch }

// suffix is that of the archives which a platform's own tools unpack.
func (t target) suffix() string {
	if t.os == "windows" {
		return ".zip"
	}
	return ".tar.gz"
}

// parseTargets returns the platforms that args name, or all.
func parseTargets(args []string) ([]target, error) {
	if len(args) == 0 {
		return targets, nil
	}
	var list []target
	for _, arg := range args {
		i := slices.IndexFunc(targets, func(t target) bool { return t.String() == arg })
		if i < 0 {
			return nil, fmt.Errorf("target %q: want some of %v", arg, targets)
		}
		if !slices.Contains(list, targets[i]) {
			list = append(list, targets[i])
		}
	}
	return list, nil
}

// build puts the programs into a folder.
func build(ctx context.Context, version string, t target, folder string) error {
	_, err := t.command(ctx, "build", "-trimpath", "-buildvcs=auto", "-ldflags=-s -w -X ganlib/internal/cli.release="+version,
		"-o", folder+string(os.PathSeparator), "./cmd/...")
	return err
}

// command runs a command of go for a platform and returns what it prints. What a user's settings could change
// in a program is set here; a setting that is empty would leave them in force.
func (t target) command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOFIPS140=off")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
		}
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return out, nil
}
