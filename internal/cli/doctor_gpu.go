package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"ganlib/device"
	"ganlib/device/dlopen"
	"ganlib/device/driver"
	memory "ganlib/internal/process"
	"ganlib/kernels"
)

func checkGPU(m machine) check { return m.checkGPUs(device.CUDADriver()) }

// checkGPUs tells which GPUs a driver reaches and whether they compute rightly, or why there are none.
func (m machine) checkGPUs(drv driver.Driver) check {
	c := newCheck("gpu", "")
	version := m.driverVersion()
	if version != "" {
		c.Facts["driver"] = version
	}
	c.Facts["through"], c.Facts["devices"] = drv.Name(), []any{}
	gpus, err := drv.Devices()
	if err != nil {
		c.Found = "none: " + err.Error()
		m.explainNone(&c, err)
		return c
	}
	var lines []string
	var list []any
	for n, g := range gpus {
		line, facts := tryGPU(&c, drv, n, g, m.program)
		lines, list = append(lines, line), append(list, facts)
	}
	c.Facts["devices"] = list
	if version != "" {
		lines = append(lines, "driver "+version)
	}
	c.Found = strings.Join(lines, "; ")
	return c
}

// explainNone says what to do about a GPU that cannot be reached. Where there is no card, nothing is wrong.
func (m machine) explainNone(c *check, err error) {
	cards := m.nvidiaCards()
	c.Facts["cards"] = cards
	hidden, hides := os.LookupEnv("CUDA_VISIBLE_DEVICES")
	switch {
	case errors.Is(err, driver.ErrOldDriver):
		c.warn("update the NVIDIA driver: 470 or later on Linux, which is CUDA 11.4")
	case errors.Is(err, driver.ErrNoDevice) && hides:
		c.warn("unset CUDA_VISIBLE_DEVICES=%s, which hides the GPUs", hidden)
	case errors.Is(err, driver.ErrNoDriver) && os.Getenv(dlopen.Variable) != "":
		c.warn("unset %s, or let it name the driver's library", dlopen.Variable)
	case errors.Is(err, driver.ErrNoDriver) && (cards > 0 || m.exists("dev/nvidiactl") || m.exists("proc/driver/nvidia/version")):
		c.warn("there is an NVIDIA card or its kernel module, but not the driver's library libcuda.so.1: install the driver, 470 or later (Debian: libcuda1); in a container start it with --gpus all, through the NVIDIA container toolkit")
	case errors.Is(err, driver.ErrNoDriver) || errors.Is(err, driver.ErrNoDevice): // the CPU computes
	default:
		c.fail("the driver is there and does not work: nvidia-smi says more; often it was updated and the computer was not restarted")
	}
}

// tryGPU computes a little on GPU n and describes it.
func tryGPU(c *check, drv driver.Driver, n int, g driver.Properties, program string) (string, map[string]any) {
	facts := map[string]any{
		"name": fmt.Sprintf("cuda:%d", n), "model": g.Name, "compute_capability": fmt.Sprintf("%d.%d", g.Major, g.Minor),
		"bytes": g.Memory, "cuda": fmt.Sprintf("%d.%d", g.Version/1000, g.Version%1000/10), "usable": false,
	}
	line := fmt.Sprintf("cuda:%d %s, compute capability %d.%d, CUDA %s", n, g.Name, g.Major, g.Minor, facts["cuda"])
	dev, err := device.OpenCUDA(drv, n)
	switch {
	case errors.Is(err, device.ErrNoCUDA):
		c.warn("cuda:%d cannot be used: %v", n, err)
		return line + ", too old", facts
	case errors.Is(err, device.ErrOutOfMemory):
		c.warn("other programs hold the memory of cuda:%d: nvidia-smi lists them", n)
		return line + ", no free memory", facts
	case err != nil:
		c.fail("cuda:%d cannot be opened; nvidia-smi says more", n)
		return fmt.Sprintf("%s, %v", line, err), facts
	}
	defer dev.Close()
	if free, total, err := dev.Memory(); err == nil {
		line += fmt.Sprintf(", %s free of %s", memory.Size(int64(free)), memory.Size(int64(total)))
		facts["free_bytes"] = free
		if free < littleMemory {
			c.warn("other programs hold the memory of cuda:%d: nvidia-smi lists them", n)
		}
	}
	if err := tryDevice(dev); err != nil {
		c.fail("cuda:%d computes wrongly: update the driver, and report this with the output of '%s doctor --json'", n, program)
		return fmt.Sprintf("%s, %v", line, err), facts
	}
	facts["usable"] = true
	return line, facts
}

// driverVersion returns the version of NVIDIA's kernel module, empty if there is none or it does not say.
func (m machine) driverVersion() string {
	text, err := os.ReadFile(filepath.Join(m.root, "proc/driver/nvidia/version"))
	if err != nil {
		return ""
	}
	return moduleVersion.FindString(string(text))
}

var moduleVersion = regexp.MustCompile(`\b\d{3,}\.\d+(\.\d+)?\b`)

// nvidiaCards counts the NVIDIA display cards on the PCI bus, as Linux shows it.
func (m machine) nvidiaCards() (n int) {
	files, _ := filepath.Glob(filepath.Join(m.root, "sys/bus/pci/devices/*/vendor")) // the pattern is sound
	for _, file := range files {
		vendor, err := os.ReadFile(file)
		class, err2 := os.ReadFile(filepath.Join(filepath.Dir(file), "class"))
		if err == nil && err2 == nil && strings.TrimSpace(string(vendor)) == "0x10de" && strings.HasPrefix(string(class), "0x03") {
			n++
		}
	}
	return n
}

func (m machine) exists(path string) bool {
	_, err := os.Stat(filepath.Join(m.root, path))
	return err == nil
}

// tryDevice multiplies two small matrices and compares with plain sums.
func tryDevice(dev device.Device) error {
	const m, n, k = 33, 40, 65 // no multiples of what kernels work in
	a, b := make([]float32, m*k), make([]float32, k*n)
	for i := range a {
		a[i] = float32(i%17) - 8
	}
	for i := range b {
		b[i] = float32(i%13)/4 - 1.5
	}
	got, err := product(dev, a, b, m, n, k)
	if err != nil {
		return err
	}
	for i := range m {
		for j := range n {
			want := 0.0
			for l := range k {
				want += float64(a[i*k+l]) * float64(b[l*n+j])
			}
			if v := float64(got[i*n+j]); !(math.Abs(v-want) <= 1e-3*(1+math.Abs(want))) {
				return fmt.Errorf("a product came out as %g in place of %g", v, want)
			}
		}
	}
	return nil
}

func product(dev device.Device, a, b []float32, m, n, k int) ([]float32, error) {
	var tensors []*device.Tensor
	for _, shape := range []device.Shape{{m, k}, {k, n}, {m, n}} {
		t, err := dev.New(shape)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	if err := tensors[0].CopyFrom(a); err != nil {
		return nil, err
	}
	if err := tensors[1].CopyFrom(b); err != nil {
		return nil, err
	}
	if err := kernels.Gemm(tensors[2], tensors[0], tensors[1], kernels.NoTrans, kernels.NoTrans, false); err != nil {
		return nil, err
	}
	c := make([]float32, m*n)
	return c, tensors[2].CopyTo(c)
}
