package runner

import "errors"

// backlog is what is written beside the training: pieces of work, done one after the other in the order in which
// steps handed them over. The zero value is empty; one goroutine, the training's, uses it.
type backlog struct {
	list    []*errand
	last    chan struct{} // closed when all that was handed over is done
	patient bool          // each is done when add returns, so that a test sees one order
}

// backlogMost is how much may be handed over and not be done: one is being written, and one waits.
const backlogMost = 2

// errand is a piece of work.
type errand struct {
	done chan struct{}
	err  error             // of the work, once it is done
	end  func(error) error // is told that
}

// add hands over work, for which settle has made room. It is settle, too, that tells end how the work ended.
func (b *backlog) add(work func() error, end func(error) error) {
	before, e := b.written(), &errand{done: make(chan struct{}), end: end}
	b.list, b.last = append(b.list, e), e.done
	go func() {
		<-before
		e.err = work()
		close(e.done)
	}()
	if b.patient {
		<-e.done
	}
}

// written is closed when all that was handed over until now is done.
func (b *backlog) written() <-chan struct{} {
	if b.last == nil {
		b.last = make(chan struct{})
		close(b.last)
	}
	return b.last
}

// settle tells how each piece of work ended that is done, and waits until no more than most are left. It returns
// what the end functions do.
func (b *backlog) settle(most int) (err error) {
	for len(b.list) > 0 {
		e := b.list[0]
		if len(b.list) > most {
			<-e.done
		}
		select {
		case <-e.done:
		default:
			return err
		}
		b.list = b.list[1:]
		err = errors.Join(err, e.end(e.err))
	}
	return err
}
