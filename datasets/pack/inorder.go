package pack

import (
	"context"
	"sync"

	"ganlib/datasets"
)

// inOrder reads all images with o.Workers goroutines and hands them to take one after the other, in the
// source's order. At most a few for each worker are in memory; take must not keep them. It ends with the
// first error of take, or of ctx.
func inOrder(ctx context.Context, src datasets.Images, o Options, take func(*sample) error) error {
	h, w, c := src.Size()
	ahead := min(4*o.Workers, src.Len())
	free := make(chan *sample, ahead)
	for range ahead {
		free <- &sample{pix: make([]byte, h*w*c), done: make(chan struct{}, 1)}
	}
	todo, order := make(chan *sample, ahead), make(chan *sample, ahead) // each has room for all

	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		defer close(todo)
		defer close(order)
		for i := range src.Len() {
			select {
			case s := <-free:
				s.index = i
				todo <- s
				order <- s
			case <-ctx.Done():
				return
			}
		}
	})
	for range o.Workers {
		wg.Go(func() {
			for s := range todo {
				if ctx.Err() == nil {
					s.read(src, o.Duplicates)
				}
				s.done <- struct{}{}
			}
		})
	}
	done := 0
	for s := range order {
		<-s.done
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := take(s); err != nil {
			return err
		}
		free <- s
		done++
		if o.Progress != nil {
			o.Progress(done, src.Len())
		}
	}
	if done < src.Len() {
		return ctx.Err()
	}
	return nil
}
