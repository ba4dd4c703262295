package datasets

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// LoadOptions say how [Load] reads a source. The zero value is valid.
type LoadOptions struct {
	Strict   bool  // an image that cannot be read is an error, not skipped
	Workers  int   // goroutines that read; 0: GOMAXPROCS
	MaxBytes int64 // most memory for the pixels; 0: DefaultMaxBytes

	// Progress, if not nil, is called after each image with the number that are done, skipped ones
	// included. Calls do not overlap.
	Progress func(done, total int)
}

// Load reads all images of a source into memory, in parallel; their order is that of the source
// whatever the number of workers. An image that cannot be read is skipped and listed in
// Set.Skipped, or with Strict ends the loading: the error names the first one. A source that is a
// *Set already is returned as it is, and one that [Packed] opened may be mapped instead of read.
//
// An empty source and one of which nothing can be read are [ErrNoImages]; a single image is a set
// like any other, which String mentions. Pixels that need more than MaxBytes are an error before
// memory is taken. When ctx is cancelled the result is its error.
func Load(ctx context.Context, src Images, o LoadOptions) (*Set, error) {
	s, err := load(ctx, src, o)
	if err != nil {
		return nil, fmt.Errorf("datasets: load %s: %w", src.Name(), err)
	}
	return s, nil
}

func load(ctx context.Context, src Images, o LoadOptions) (*Set, error) {
	if s, ok := src.(*Set); ok {
		return s, nil
	}
	n := src.Len()
	h, w, c := src.Size()
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	need, ok := product(n, h, w, c)
	switch {
	case n == 0:
		return nil, ErrNoImages
	case !ok || need == 0:
		return nil, fmt.Errorf("%d images of %d×%d×%d: want dimensions of at least 1 and a product that fits", n, h, w, c)
	case need > o.MaxBytes:
		return nil, fmt.Errorf("%d images of %d×%d×%d take %d bytes: the limit is %d", n, h, w, c, need, o.MaxBytes)
	}
	if p, ok := src.(*packedImages); ok {
		if s, err := p.mapped(ctx, o); s != nil || err != nil {
			return s, err
		}
	}
	l := loader{src: src, o: o, pix: make([]byte, need), each: h * w * c, errs: make([]error, n)}
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	return l.set()
}

// loader is one call of Load.
type loader struct {
	src  Images
	o    LoadOptions
	pix  []byte
	each int
	errs []error // of each image

	mu         sync.Mutex
	next, done int
	stopped    bool // by Strict: nothing more is handed out
}

// run reads all images, or with Strict those up to the first error. Images are handed out in order,
// so all before a failed one are read, and which error is the first does not depend on timing.
func (l *loader) run(ctx context.Context) error {
	workers := l.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wg sync.WaitGroup
	for range min(workers, len(l.errs)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i, ok := l.take()
				if !ok {
					return
				}
				l.finish(i, l.src.Read(i, l.pix[i*l.each:(i+1)*l.each:(i+1)*l.each]))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil && l.done < len(l.errs) && !l.stopped {
		return err
	}
	return nil
}

func (l *loader) take() (int, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped || l.next == len(l.errs) {
		return 0, false
	}
	l.next++
	return l.next - 1, true
}

func (l *loader) finish(i int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs[i] = err
	l.stopped = l.stopped || err != nil && l.o.Strict
	l.done++
	if l.o.Progress != nil {
		l.o.Progress(l.done, len(l.errs))
	}
}

// set closes the gaps that skipped images leave.
func (l *loader) set() (*Set, error) {
	kept := 0
	var skipped []Skip
	var sources []string
	sourcer, named := l.src.(Sourcer)
	for i, err := range l.errs {
		switch {
		case err != nil && l.o.Strict:
			return nil, err
		case err != nil:
			skipped = append(skipped, Skip{i, Source(l.src, i), err})
			continue
		}
		if kept < i {
			copy(l.pix[kept*l.each:(kept+1)*l.each], l.pix[i*l.each:])
		}
		if named {
			sources = append(sources, sourcer.Source(i))
		}
		kept++
	}
	if kept == 0 {
		return nil, fmt.Errorf("%w: none of %d can be read; the first: %w", ErrNoImages, len(l.errs), l.errs[0])
	}
	h, w, c := l.src.Size()
	s, err := NewSet(l.src.Name(), h, w, c, l.pix[:kept*l.each])
	if err != nil {
		return nil, err
	}
	s.Skipped, s.sources = skipped, sources
	return s, nil
}
