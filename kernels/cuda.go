package kernels

import (
	"cmp"
	"compress/gzip"
	"embed"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"ganlib/device"
)

// The CUDA kernels: .cu files beside the operations that they do, translated to PTX ahead, so that
// nobody needs a compiler but those who change them. They need clang 19.
//
//go:generate go run ganlib/internal/ptx/ptxc
//go:embed *.ptx.gz
var ptxFiles embed.FS

// program returns the program whose source is stem.cu: stem.sm_75.ptx.gz and, where there are any, the
// versions for later cards, stem.sm_80.ptx.gz, and for one alone, stem.sm_90a.ptx.gz. The second word of its name tells the precision of products: tf32 or bf16.
func program(stem string) *device.Program {
	_, words, _ := strings.Cut(stem, "_")
	word, _, _ := strings.Cut(words, "_")
	precision, err := device.ParsePrecision(word)
	if err != nil {
		precision = device.Float32
	}
	cost := func(kernel string, grid [3]int, args []uint64) device.Cost {
		c := costOf(kernel, grid, args)
		c.Precision = precision
		return c
	}
	return &device.Program{Name: stem, Cost: cost, Images: sync.OnceValue(func() (images []device.Image) {
		names, err := ptxFiles.ReadDir(".")
		if err != nil {
			panic(err) // an embedded folder is always there
		}
		for _, f := range names {
			rest, ok := strings.CutPrefix(f.Name(), stem+".sm_")
			number, exactly := strings.CutSuffix(strings.TrimSuffix(rest, ".ptx.gz"), "a")
			sm, err := strconv.Atoi(number)
			if !ok || err != nil {
				continue
			}
			images = append(images, device.Image{Major: sm / 10, Minor: sm % 10, Exactly: exactly, PTX: ptxText(f.Name())})
		}
		slices.SortFunc(images, func(a, b device.Image) int { return cmp.Or(b.Major-a.Major, b.Minor-a.Minor) })
		return images
	})}
}

// ptxText returns an embedded program's text.
func ptxText(name string) string {
	f, err := ptxFiles.Open(name)
	if err != nil {
		panic(err) // it was listed
	}
	defer f.Close()
	var text strings.Builder
	r, err := gzip.NewReader(f)
	if err == nil {
		_, err = io.Copy(&text, r)
	}
	if err != nil {
		panic(err) // TestPTXIsFresh has read it
	}
	return text.String()
}

// gpu is a GPU, or a plan of what would be done on one.
type gpu struct {
	cuda *device.CUDA
	plan *device.Meta
}

// cudaOf returns the GPU that t lies on.
func cudaOf(t *device.Tensor) gpu {
	cuda, _ := t.Device().(*device.CUDA)
	plan, _ := t.Device().(*device.Meta)
	return gpu{cuda, plan}
}

// onGPU reports whether t lies on a GPU, or is planned to.
func onGPU(t *device.Tensor) bool {
	g := cudaOf(t)
	return g.cuda != nil || g.plan != nil && g.plan.GPU() != nil
}

// Launch, Live and Scratch are device.CUDA's. A plan notes launches and scratch memory.
func (g gpu) Launch(p *device.Program, name string, grid, block [3]int, shared int, args ...uint64) error {
	if g.plan != nil {
		g.plan.Launch(p, name, grid, args)
		return nil
	}
	return g.cuda.Launch(p, name, grid, block, shared, args...)
}

func (g gpu) Live(words ...uint64) (uint64, error) {
	if g.plan != nil {
		return 0, nil
	}
	return g.cuda.Live(words...)
}

func (g gpu) Scratch(bytes int) (uint64, error) {
	if g.plan != nil {
		g.plan.Scratch(bytes)
		return 0, nil
	}
	return g.cuda.Scratch(bytes)
}

// Tickets are device.CUDA's. In a plan they have some address.
func (g gpu) Tickets(words int) (uint64, error) {
	if g.plan != nil {
		return 1, nil
	}
	return g.cuda.Tickets(words)
}

// cudaThreads is the size of a block of elementwise kernels, THREADS in cuda.cuh. A thread is given cudaEach
// elements where there are more than cudaFew, which every GPU has threads for.
const (
	cudaThreads = 256
	cudaEach    = 4
	cudaFew     = 128 << 10
)

// elementwise launches a kernel over the elements of t, or as many indices as its last argument, a whole
// number, says.
func elementwise(p *device.Program, name string, t *device.Tensor, args ...uint64) error {
	return cudaOf(t).Launch(p, name, elementwiseGrid(int(args[len(args)-1])), [3]int{cudaThreads, 1, 1}, 0, args...)
}

// elementwiseGrid is the grid for so many indices.
func elementwiseGrid(n int) [3]int {
	each := cudaEach
	if n <= cudaFew {
		each = 1
	}
	return [3]int{blocksFor(n, cudaThreads*each), 1, 1}
}

// blocksFor returns how many blocks share n indices when each takes so many.
func blocksFor(n, each int) int { return (n + each - 1) / each }

// whole, single and double are arguments: a 32-bit integer, a float and a double.
func whole(n int) uint64      { return uint64(uint32(n)) }
func single(v float64) uint64 { return uint64(math.Float32bits(float32(v))) }
func double(v float64) uint64 { return math.Float64bits(v) }

// flag is an argument that is 1 or 0.
func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

// precision is that of products and convolutions.
func (g gpu) precision() device.Precision {
	if g.plan != nil {
		return g.plan.GPU().Precision()
	}
	return g.cuda.Precision()
}

// addressOf returns the address of a tensor that may be missing: 0 then. In a plan those that are there have some
// address.
func addressOf(t *device.Tensor) uint64 {
	if t == nil {
		return 0
	}
	return max(t.Address(), 1)
}

// randomWords are the live arguments of a sequence of random numbers, as philox.cuh reads them.
func randomWords(r device.Random) (seed, stream, step uint64) {
	return r.Seed, uint64(r.Stream), r.Step
}

// largest is the most elements of a tensor that the kernels take: their indices have 32 bits, and a step
// beyond the end must not overflow.
const largest = 1 << 30
