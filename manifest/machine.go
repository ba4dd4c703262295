package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/cpu"

	"ganlib/device"
	"ganlib/kernels"
)

// Program is the program that trained.
type Program struct {
	SHA256   string `json:"sha256"` // of the executable; empty if it could not be read
	Module   string `json:"module"` // version of the main module: "(devel)" of a build outside of a released one
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // beyond the commit
	Go       string `json:"go"`
	Kernels  string `json:"kernels,omitempty"` // SHA-256 of the GPU's kernels, of a run on one
}

// Machine is what computed.
type Machine struct {
	OS        string   `json:"os"`
	Arch      string   `json:"arch"`
	Device    string   `json:"device"`              // as a run names it
	Engine    string   `json:"engine"`              // of the CPU; "cuda" of a GPU
	Threads   int      `json:"threads,omitempty"`   // of the CPU
	Features  []string `json:"features,omitempty"`  // of the CPU, that engines look at
	GPU       string   `json:"gpu,omitempty"`       // its model
	Precision string   `json:"precision,omitempty"` // of a GPU's products

	// Tuning are the products that a GPU computed in another way than is estimated, see package tuning.
	Tuning []kernels.Choice `json:"tuning,omitempty"`
}

// OfProgram describes the running program. kernels says whether it computes with the GPU's. The executable is
// read once, which takes some hundredths of a second.
func OfProgram(kernels bool) Program {
	p := Program{SHA256: executable(), Module: "unknown", Go: runtime.Version()}
	if kernels {
		p.Kernels = kernelSum()
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	p.Module = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			p.Commit = s.Value
		case "vcs.modified":
			p.Modified = s.Value == "true"
		}
	}
	return p
}

// OfMachine describes the computer and the device that computes.
func OfMachine(dev device.Device) Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Device: dev.String()}
	switch d := dev.(type) {
	case *device.CPU:
		m.Engine, m.Threads, m.Features = d.Engine().String(), d.Pool().Threads(), features()
	case *device.CUDA:
		p := d.Properties()
		m.Engine, m.GPU, m.Precision = "cuda", fmt.Sprintf("%s, compute capability %d.%d", p.Name, p.Major, p.Minor), d.Precision().String()
		if t, ok := d.Tuning().(*kernels.Tuning); ok && t != nil {
			m.Tuning = t.Deviations()
		}
	}
	return m
}

// SameBytes reports whether two machines make the same numbers from the same state, bit for bit: the same
// engine on the same kind of processor, on any number of threads, or the same model of GPU in the same
// precision, with the same tuning. If not, why says what differs.
func (m Machine) SameBytes(n Machine) (same bool, why string) {
	for _, c := range []struct{ what, a, b string }{
		{"architecture", m.Arch, n.Arch}, {"engine", m.Engine, n.Engine}, {"GPU", m.GPU, n.GPU}, {"precision", m.Precision, n.Precision},
		{"tuning", short(m.Tuning), short(n.Tuning)},
	} {
		if c.a != c.b {
			return false, fmt.Sprintf("%s %q, here %q", c.what, c.a, c.b)
		}
	}
	return true, ""
}

// short names choices.
func short(choices []kernels.Choice) string { return fmt.Sprintf("%.12s", kernels.SumOf(choices)) }

var executable = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil))
})

var kernelSum = sync.OnceValue(kernels.Sum)

// features are the instruction sets that engines choose by.
func features() (list []string) {
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512vl", cpu.X86.HasAVX512VL},
		{"avx512bw", cpu.X86.HasAVX512BW}, {"avx512dq", cpu.X86.HasAVX512DQ}, {"asimd", cpu.ARM64.HasASIMD},
	} {
		if f.has {
			list = append(list, f.name)
		}
	}
	return list
}
