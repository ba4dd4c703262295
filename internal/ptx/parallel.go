package ptx

import (
	"runtime"
	"sync"
)

// parallel does n tasks, as many at a time as the machine has cores, and returns the error of the first that has one.
func parallel(n int, task func(i int) error) error {
	errs := make([]error, n)
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	var done sync.WaitGroup
	for i := range n {
		free <- struct{}{}
		done.Go(func() {
			errs[i] = task(i)
			<-free
		})
	}
	done.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
