package fakecuda

import (
	"time"

	"ganlib/device/driver"
	"ganlib/device/driver/libcuda"
)

// errHandle is the error of a handle that stands for nothing, or for something else.
var errHandle = &driver.Error{Result: invalidHandle, Detail: "not a handle of this kind"}

func (l *library) MemGetInfo() (free, total uint64, r driver.Result) {
	r = l.within(func(p *primary) (err error) {
		free, total, err = p.Memory()
		return err
	})
	return free, total, r
}

func (l *library) MemAlloc(bytes int) (a driver.Address, r driver.Result) {
	r = l.within(func(p *primary) (err error) {
		a, err = p.Alloc(bytes)
		return err
	})
	return a, r
}

func (l *library) MemFree(a driver.Address) driver.Result {
	return l.within(func(p *primary) error { return p.Free(a) })
}

func (l *library) MemsetD8Async(dst driver.Address, value byte, bytes int, s libcuda.Handle) driver.Result {
	return l.in(s, func(p *primary) error {
		if value != 0 {
			return &driver.Error{Result: driver.NotSupported, Detail: "memory is only ever set to zero"}
		}
		return p.Clear(dst, bytes)
	})
}

func (l *library) MemcpyHtoDAsync(dst driver.Address, src []byte, s libcuda.Handle) driver.Result {
	return l.in(s, func(p *primary) error { return p.Upload(dst, src) })
}

func (l *library) MemcpyDtoHAsync(dst []byte, src driver.Address, s libcuda.Handle) driver.Result {
	return l.in(s, func(p *primary) error { return p.Download(dst, src) })
}

func (l *library) StreamCreate(int) (s libcuda.Handle, r driver.Result) {
	r = l.within(func(p *primary) error {
		s = l.add(stream{p})
		return nil
	})
	return s, r
}

func (l *library) StreamDestroy(s libcuda.Handle) driver.Result {
	return l.in(s, func(*primary) error {
		drop[stream](l, s)
		return nil
	})
}

func (l *library) StreamSynchronize(s libcuda.Handle) driver.Result {
	return l.in(s, func(p *primary) error { return p.Sync() })
}

func (l *library) StreamBeginCapture(s libcuda.Handle, _ int) driver.Result {
	return l.in(s, func(p *primary) error { return p.Capture() })
}

func (l *library) StreamEndCapture(s libcuda.Handle) (graph libcuda.Handle, r driver.Result) {
	r = l.in(s, func(p *primary) error {
		g, err := p.EndCapture()
		if err == nil {
			graph = l.add(&recorded{g})
		}
		return err
	})
	return graph, r
}

func (l *library) GraphInstantiate(graph libcuda.Handle) (exec libcuda.Handle, r driver.Result) {
	r = l.within(func(*primary) error {
		g, ok := get[*recorded](l, graph)
		if !ok || g.graph == nil {
			return errHandle
		}
		exec = l.add(g.graph)
		g.graph = nil // it is the executable one's now
		return nil
	})
	return exec, r
}

func (l *library) GraphDestroy(graph libcuda.Handle) driver.Result {
	return l.within(func(*primary) error {
		g, ok := drop[*recorded](l, graph)
		switch {
		case !ok:
			return errHandle
		case g.graph != nil:
			return g.graph.Close()
		}
		return nil
	})
}

func (l *library) GraphExecDestroy(exec libcuda.Handle) driver.Result {
	return l.within(func(*primary) error {
		g, ok := drop[driver.Graph](l, exec)
		if !ok {
			return errHandle
		}
		return g.Close()
	})
}

func (l *library) GraphLaunch(exec, s libcuda.Handle) driver.Result {
	return l.in(s, func(*primary) error {
		g, ok := get[driver.Graph](l, exec)
		if !ok {
			return errHandle
		}
		return g.Launch()
	})
}

func (l *library) EventCreate(int) (event libcuda.Handle, r driver.Result) {
	r = l.within(func(p *primary) error {
		e, err := p.Event()
		if err == nil {
			event = l.add(e)
		}
		return err
	})
	return event, r
}

func (l *library) EventDestroy(event libcuda.Handle) driver.Result {
	return l.within(func(*primary) error {
		e, ok := drop[driver.Event](l, event)
		if !ok {
			return errHandle
		}
		return e.Close()
	})
}

func (l *library) EventRecord(event, s libcuda.Handle) driver.Result {
	return l.in(s, func(*primary) error {
		e, ok := get[driver.Event](l, event)
		if !ok {
			return errHandle
		}
		return e.Record()
	})
}

func (l *library) EventSynchronize(event libcuda.Handle) driver.Result {
	return l.within(func(p *primary) error {
		if _, ok := get[driver.Event](l, event); !ok {
			return errHandle
		}
		return p.Sync()
	})
}

func (l *library) EventElapsedTime(start, end libcuda.Handle) (ms float32, r driver.Result) {
	r = l.within(func(*primary) error {
		a, ok := get[driver.Event](l, start)
		b, also := get[driver.Event](l, end)
		if !ok || !also {
			return errHandle
		}
		took, err := b.Since(a)
		ms = float32(float64(took) / float64(time.Millisecond))
		return err
	})
	return ms, r
}

// in does something in a stream of the context that is current in this thread.
func (l *library) in(s libcuda.Handle, do func(p *primary) error) driver.Result {
	return l.within(func(p *primary) error {
		if of, ok := get[stream](l, s); !ok || of.of != p {
			return errHandle
		}
		return do(p)
	})
}
