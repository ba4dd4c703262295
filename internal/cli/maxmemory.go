package cli

import (
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/datasets"
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

// hold lets the garbage collector keep the process within the limit, if there is one, until release is called. All
// of the program's file counts, of which more and more comes to memory.
func (m maxMemory) hold() (release func()) {
	var limit memoryLimit
	if m > 0 {
		limit.set(max(m.goMost(), goHas()))
	}
	return limit.release
}

// goMost is what Go's memory may come to within the limit.
func (m maxMemory) goMost() int64 {
	const besides = 1 << 20 // neither Go's nor of the program's file
	return int64(m) - memory.Program() - besides
}

// leave keeps room for the largest piece that is taken at a time: the collector notices it only when it is there.
func (m maxMemory) leave(piece int64) {
	if m > 0 && debug.SetMemoryLimit(-1) == m.goMost() { // it is held
		debug.SetMemoryLimit(max(m.goMost()-piece, goHas()))
	}
}

// check refuses what adds the parts to the computer's memory, if they are more than there may be. advice gets the
// bytes that are free, and says what would fit.
func (m maxMemory) check(what string, parts []memory.Part, advice func(free int64) string) error {
	b := m.budget(nil)
	return b.Check(what, added(parts), parts, func() string { return advice(b.Free) })
}

// checkNumber is check for a flag that says how many of something there are to be: it tells the largest that fits.
func (m maxMemory) checkNumber(flag string, n int, parts func(n int) []memory.Part) error {
	return m.check(fmt.Sprintf("%s %d", flag, n), parts(n), func(free int64) string {
		fits := memory.Largest(n, func(n int) bool { return added(parts(n)) <= free })
		if fits == 0 {
			return "not even 1 fits"
		}
		return fmt.Sprintf("the largest %s that fits is %d", flag, fits)
	})
}

// maxBytes is the most memory of data, and of what is read to find them.
func (m maxMemory) maxBytes() int64 {
	return max(min(m.budget(nil).Free, datasets.DefaultMaxBytes), 1)
}

// maxPixels is the most pixels of an image that so many workers decode at a time, beside what takes so many bytes;
// 0 where there is no limit.
func (m maxMemory) maxPixels(beside int64, workers int) int64 {
	b := m.budget(nil)
	if b.Limit == 0 {
		return 0
	}
	most := datasets.MaxPixelsWithin(b.Free-beside, workers)
	m.leave(datasets.DecodeBytes * most)
	return most
}

// added is what parts take together.
func added(parts []memory.Part) int64 {
	sum := int64(0)
	for _, p := range parts {
		sum += p.Bytes
	}
	return memory.Accounted(sum)
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
	// bytes is the memory of n samples and their pictures, and of the largest piece of it that is taken again and
	// again. nil: none to speak of.
	bytes func(c config.Config, sample device.Shape, n int) (all, piece int64)
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
		all, _ := d.bytes(c, sample, n)
		return all
	}
	if d.bytes != nil {
		_, piece := d.bytes(c, sample, d.n)
		d.limit.leave(piece)
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

// sums is the memory that scaling a grid of n samples to a width takes beside the pictures.
func sums(c config.Config, sample device.Shape, n, width int) int64 {
	if width == 0 {
		return 0
	}
	height := 512 // of a scatter plot
	if sample.Rank() == 3 {
		per := min(columns(c), n)
		height = (n+per-1)/per*(sample[0]+2) + 2
	}
	return scalingBytes(width, height)
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
