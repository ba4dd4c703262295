package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/device"
	memory "ganlib/internal/process"
	"ganlib/sampler"
)

// maxMemory is the value of --max-memory: bytes as a limit of [memory.NewBudget].
type maxMemory int64

func (m *maxMemory) register(cmd *cobra.Command) {
	cmd.Flags().Var(m, "max-memory", "refuse what needs more memory than `SIZE`, such as 4GiB or 500MB, before it is taken; without it than there is; 0: refuse nothing")
}

// units are what sizes of memory are written in.
var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1},
}

// Set implements [pflag.Value].
func (m *maxMemory) Set(text string) error {
	for _, u := range units {
		number := strings.TrimSpace(text)
		if len(number) < len(u.name) || !strings.EqualFold(number[len(number)-len(u.name):], u.name) {
			continue
		}
		number = strings.TrimSpace(number[:len(number)-len(u.name)])
		n, err := strconv.ParseFloat(number, 64)
		if n *= u.bytes; err != nil || strings.Trim(number, "0123456789.") != "" || n > 0 && n < 1 || n >= 1<<60 {
			break
		}
		if *m = maxMemory(n); *m == 0 {
			*m = memory.Unlimited
		}
		return nil
	}
	return fmt.Errorf("want a size such as 4GiB, 500MB or 0")
}

// String implements [pflag.Value].
func (m *maxMemory) String() string {
	if m == nil || *m == 0 {
		return ""
	}
	return strconv.FormatInt(max(int64(*m), 0), 10)
}

// Type implements [pflag.Value].
func (m *maxMemory) Type() string { return "size" }

// budget returns how much memory may be added on a device.
func (m maxMemory) budget(dev device.Device) memory.Budget {
	return memory.BudgetOn(dev, int64(m), memory.Available)
}

// hold lets the garbage collector keep the process within the limit, if there is one, until release is called.
func (m maxMemory) hold() (release func()) {
	var limit memoryLimit
	if m > 0 {
		const program = 4 << 20 // what comes to memory of the program itself
		limit.hold(max(int64(m)-memory.Resident()-program, 0))
	}
	return limit.release
}

// drawing is what a command makes of a generator's samples.
type drawing struct {
	limit  maxMemory
	flag   string // that says how many
	n      int
	scores bool // are wanted too
	// opened is called with the device before anything is planned. nil: nothing is.
	opened func(device.Device)
	// fits refuses what is too much for a picture. nil: nothing is.
	fits func(c config.Config, sample device.Shape) error
	// bytes is the memory of n samples and their pictures. nil: none to speak of.
	bytes func(c config.Config, sample device.Shape, n int) int64
}

// check refuses a drawing that needs more memory than there may be, before a generator is loaded. Pictures
// are in the computer's memory, so they count on a CPU only.
func (d drawing) check(dev device.Device, c config.Config) error {
	networks, sample, err := sampler.Memory(dev, c, d.scores)
	if err != nil {
		return err
	}
	if d.fits != nil {
		if err := d.fits(c, sample); err != nil {
			return err
		}
	}
	pictures := func(n int) int64 {
		if _, gpu := dev.(*device.CUDA); gpu || d.bytes == nil {
			return 0
		}
		return d.bytes(c, sample, n)
	}
	b := d.limit.budget(dev)
	adds := func(n int) int64 { return memory.Accounted(networks + pictures(n)) }
	parts := []memory.Part{{Name: "the networks", Bytes: networks}, {Name: "the samples and their picture", Bytes: pictures(d.n)}}
	return b.Check(fmt.Sprintf("%s %d", d.flag, d.n), adds(d.n), parts, func() string {
		fits := memory.Largest(d.n, func(n int) bool { return adds(n) <= b.Free })
		if fits == 0 {
			return "no number of samples fits"
		}
		return fmt.Sprintf("the largest %s that fits is %d", d.flag, fits)
	})
}

// pixels returns how many pixels a grid of n samples has.
func pixels(c config.Config, sample device.Shape, n int) int64 {
	if sample.Rank() != 3 {
		return 1 << 20 // a scatter plot
	}
	per := min(columns(c), n)
	rows := (n + per - 1) / per
	return int64(per*(sample[1]+2)+2) * int64(rows*(sample[0]+2)+2)
}

// scaled returns how many pixels a grid of n samples has at a width, 0 being its own.
func scaled(c config.Config, sample device.Shape, n, width int) int64 {
	all := pixels(c, sample, n)
	if width == 0 || sample.Rank() != 3 {
		return all
	}
	own := int64(min(columns(c), n)*(sample[1]+2) + 2)
	return all * int64(width) / own * int64(width) / own
}
