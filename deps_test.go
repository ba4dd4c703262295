package ganlib_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// imports says which packages of this module, and which other modules, each package may import: the
// house's storeys from the ground up. "std" is allowed everywhere. A new arrow is a decision: draw it
// here first.
var imports = map[string][]string{
	"ganlib": {},

	"ganlib/device":   {"ganlib/device/cudrv", "ganlib/device/dlopen", "ganlib/device/driver", "ganlib/device/ptxsim", "ganlib/internal/half", "ganlib/internal/simd", "golang.org/x/sys", "gonum.org/v1/gonum"},
	"ganlib/kernels":  {"ganlib/device", "ganlib/internal/conv", "ganlib/internal/gemm", "ganlib/internal/simd", "ganlib/internal/work", "gonum.org/v1/gonum"},
	"ganlib/datasets": {"ganlib/device", "ganlib/formats/packed", "golang.org/x/image"},
	"ganlib/layers":   {"ganlib/device", "ganlib/kernels"},
	"ganlib/losses":   {"ganlib/device", "ganlib/kernels"},
	"ganlib/optim":    {"ganlib/device", "ganlib/kernels"},

	// The ways to a GPU. Only one of them knows purego, and one cu.
	"ganlib/device/driver":          {},
	"ganlib/device/driver/snippets": {"ganlib/device/driver"},
	"ganlib/device/driver/libcuda":  {"ganlib/device/driver"},
	"ganlib/device/dlopen":          {"ganlib/device/driver", "ganlib/device/driver/libcuda", "github.com/ebitengine/purego"},
	"ganlib/device/cudrv":           {"ganlib/device/driver", "ganlib/device/driver/libcuda", "gorgonia.org/cu"},
	"ganlib/device/fakecuda":        {"ganlib/device/driver", "ganlib/device/driver/libcuda", "ganlib/device/ptxsim", "golang.org/x/sys"},
	"ganlib/device/ptxsim":          {"ganlib/device/driver"},
	"ganlib/internal/ptx":           {},

	// What the CPU engines are built of.
	"ganlib/internal/simd":      {},
	"ganlib/internal/work":      {"ganlib/device"},
	"ganlib/internal/conv":      {"ganlib/device", "ganlib/internal/gemm", "ganlib/internal/simd", "ganlib/internal/work"},
	"ganlib/kernels/sgemm":      {"ganlib/device", "ganlib/internal/gemm", "ganlib/internal/simd", "ganlib/internal/work", "gonum.org/v1/gonum"},
	"ganlib/internal/gemm":      {"ganlib/device", "ganlib/internal/simd", "ganlib/internal/work"},
	"ganlib/internal/process":   {},
	"ganlib/internal/printable": {},
	"ganlib/internal/words":     {},
	"ganlib/internal/half":      {},
	"ganlib/internal/readat":    {},
	"ganlib/internal/soak":      {},

	"ganlib/variants": {"ganlib/device", "ganlib/kernels", "ganlib/datasets", "ganlib/layers", "ganlib/losses", "ganlib/optim"},

	"ganlib/variants/ganbce":   {"ganlib/losses", "ganlib/optim", "ganlib/variants"},
	"ganlib/variants/lsgan":    {"ganlib/losses", "ganlib/optim", "ganlib/variants"},
	"ganlib/variants/wganclip": {"ganlib/kernels", "ganlib/losses", "ganlib/optim", "ganlib/variants"},
	"ganlib/variants/wgangp":   {"ganlib/losses", "ganlib/optim", "ganlib/variants"},
	"ganlib/variants/all":      {"ganlib/variants/ganbce", "ganlib/variants/lsgan", "ganlib/variants/wganclip", "ganlib/variants/wgangp"},

	"ganlib/datasets/drawn": {"ganlib/device"},
	"ganlib/datasets/fetch": {},
	"ganlib/datasets/pack":  {"ganlib/datasets", "ganlib/formats/packed"},

	"ganlib/formats/packed":      {"ganlib/internal/readat"},
	"ganlib/formats/keras":       {"ganlib/internal/half"},
	"ganlib/formats/npz":         {"ganlib/internal/half"},
	"ganlib/formats/onnx":        {"ganlib/device", "ganlib/internal/half", "ganlib/kernels", "ganlib/layers", "google.golang.org/protobuf"},
	"ganlib/formats/safetensors": {"ganlib/internal/half", "ganlib/internal/readat"},
	"ganlib/formats/torchfile":   {"ganlib/internal/half", "ganlib/internal/readat"},
	"ganlib/vfs":                 {"golang.org/x/sys"},
	"ganlib/report":              {"ganlib/vfs", "golang.org/x/image"},
	"ganlib/report/events":       {"ganlib/vfs", "google.golang.org/protobuf"},
	"ganlib/report/plot":         {"ganlib/report", "gonum.org/v1/plot"},
	"ganlib/report/animation":    {"ganlib/formats/apng"},
	"ganlib/report/neighbours":   {},
	"ganlib/formats/apng":        {},
	"ganlib/runs":                {"ganlib/vfs"},
	"ganlib/config":              {"github.com/goccy/go-yaml"},
	"ganlib/checkpoint":          {"ganlib/datasets", "ganlib/device", "ganlib/formats/safetensors", "ganlib/kernels", "ganlib/layers", "ganlib/optim", "ganlib/variants", "ganlib/vfs"},

	"ganlib/internal/bench": {"ganlib/config", "ganlib/datasets", "ganlib/device", "ganlib/internal/process", "ganlib/internal/simd", "ganlib/internal/work", "ganlib/kernels", "ganlib/layers", "ganlib/presets", "ganlib/sampler", "ganlib/variants", "ganlib/variants/all"},

	"ganlib/tuning": {"ganlib/device", "ganlib/kernels", "ganlib/runs", "ganlib/vfs"},

	"ganlib/presets": {"ganlib/config", "ganlib/datasets", "ganlib/datasets/drawn", "ganlib/device", "ganlib/kernels", "ganlib/layers", "ganlib/losses", "ganlib/optim", "ganlib/variants"},
	"ganlib/interchange": {
		"ganlib/checkpoint", "ganlib/config", "ganlib/device", "ganlib/formats/safetensors", "ganlib/formats/torchfile", "ganlib/kernels",
		"ganlib/layers", "ganlib/optim", "ganlib/presets", "ganlib/runs", "ganlib/variants", "ganlib/variants/all",
	},
	"ganlib/sampler":  {"ganlib/checkpoint", "ganlib/config", "ganlib/device", "ganlib/kernels", "ganlib/layers", "ganlib/presets", "ganlib/report", "ganlib/runs"},
	"ganlib/page":     {"ganlib/config", "ganlib/device", "ganlib/internal/printable", "ganlib/internal/process", "ganlib/report", "ganlib/runs", "ganlib/sampler", "ganlib/variants"},
	"ganlib/watchdog": {"ganlib/device", "ganlib/kernels", "ganlib/layers", "ganlib/optim", "ganlib/variants"},
	"ganlib/lint":     {"ganlib/config", "ganlib/device", "ganlib/layers", "ganlib/presets", "ganlib/variants"},
	"ganlib/manifest": {"ganlib/device", "ganlib/kernels", "golang.org/x/sys"},
	"ganlib/replay": {
		"ganlib/checkpoint", "ganlib/config", "ganlib/datasets", "ganlib/device", "ganlib/internal/words", "ganlib/kernels", "ganlib/manifest", "ganlib/presets", "ganlib/report",
		"ganlib/runner", "ganlib/runs", "ganlib/variants",
	},
	"ganlib/runner": {
		"ganlib/checkpoint", "ganlib/config", "ganlib/datasets", "ganlib/device", "ganlib/interchange", "ganlib/internal/printable", "ganlib/internal/process", "ganlib/kernels", "ganlib/layers",
		"ganlib/lint", "ganlib/manifest", "ganlib/presets", "ganlib/report", "ganlib/report/events", "ganlib/runs", "ganlib/tuning", "ganlib/variants", "ganlib/variants/all", "ganlib/vfs",
		"ganlib/watchdog",
	},
}

// suites are for tests: no other package imports them, and they may import testing tools.
var suites = []string{"ganlib/conformance", "ganlib/device/driver/clockdriver", "ganlib/device/driver/drivertest", "ganlib/device/driver/faultdriver", "ganlib/internal/gemm/gemmtest", "ganlib/internal/docsection", "ganlib/internal/enginetest", "ganlib/layers/layertest", "ganlib/variants/varianttest", "ganlib/vfs/faultfs"}

// commands may import anything but other commands.
var commands = []string{"ganlib/cmd/", "ganlib/internal/cli", "ganlib/internal/gpusuite", "ganlib/internal/ptx/ptxc", "ganlib/internal/release", "ganlib/examples/"}

type listedPackage struct {
	ImportPath string
	Imports    []string
}

// TestImports fails on an import that the table does not allow.
func TestImports(t *testing.T) {
	for _, p := range listPackages(t) {
		if slices.Contains(suites, p.ImportPath) || hasAnyPrefix(p.ImportPath, commands) {
			continue
		}
		allowed, ok := imports[p.ImportPath]
		if !assert.True(t, ok, "package %s is not in the table of deps_test.go", p.ImportPath) {
			continue
		}
		for _, path := range p.Imports {
			if standard(path) {
				continue
			}
			assert.True(t, permitted(path, allowed), "%s imports %s, which deps_test.go does not allow", p.ImportPath, path)
		}
	}
}

// TestCoreIsLight fails when a program that embeds a variant would pull in more than the standard
// library, gonum, x/image and, to find a GPU, purego.
func TestCoreIsLight(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./variants/all").Output()
	require.NoError(t, err)
	for path := range strings.FieldsSeq(string(out)) {
		if !standard(path) && !hasAnyPrefix(path, []string{"ganlib/", "gonum.org/v1/gonum/", "golang.org/x/image/", "golang.org/x/sys/cpu", "github.com/ebitengine/purego"}) {
			t.Errorf("the variants depend on %s", path)
		}
	}
}

func listPackages(t *testing.T) (list []listedPackage) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, list)
			return list
		}
		require.NoError(t, err)
		list = append(list, p)
	}
}

// standard reports whether an import path belongs to the standard library.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "ganlib"
}

// permitted reports whether path is an allowed package of this module, or within an allowed module.
func permitted(path string, allowed []string) bool {
	for _, a := range allowed {
		if path == a || (!strings.HasPrefix(a, "ganlib") && strings.HasPrefix(path, a+"/")) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}
