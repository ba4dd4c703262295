package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// policy says how patient a download is.
type policy struct {
	stall      time.Duration // silence after which a connection is given up
	attempts   int           // attempts in a row without progress before a file is given up
	step       int64         // bytes beyond the furthest point so far that count as progress
	backoff    time.Duration // wait after the first attempt without progress, doubled after each further one
	maxBackoff time.Duration // upper limit of the wait, and of what a Retry-After header may ask for
}

// standard waits about 15 seconds in all before it gives up. Since progress means another MiB, the
// number of attempts for a file is bounded too.
var standard = policy{
	stall:      30 * time.Second,
	attempts:   5,
	step:       1 << 20,
	backoff:    time.Second,
	maxBackoff: 30 * time.Second,
}

// transfer is the download of one file over all its attempts.
type transfer struct {
	*fetcher
	file       remote
	path       string            // where the file goes in the end
	part       string            // where it grows
	validators map[string]string // ETag or date by address, for If-Range
	resumed    bool              // the part file joins bytes of more than one response
	restarted  bool              // such a part had wrong content once, and the same address got another chance
	received   int64             // bytes from the network
	furthest   int64             // largest size that the part file had
}

// download puts file at path, trying the addresses in turn, and returns the number of bytes that came
// over the network. A file that is there with the right content costs nothing.
func (f *fetcher) download(ctx context.Context, path string, file remote, urls []string) (int64, error) {
	there, err := f.present(ctx, path, file)
	if there || err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return 0, onDisk(path, file.size, err)
	}
	t := &transfer{fetcher: f, file: file, path: path, part: path + ".part", validators: map[string]string{}}
	if size, err := t.partSize(); err != nil {
		return 0, err
	} else if size > 0 {
		t.resumed = true // by an earlier call, from an unknown state of the address
		t.furthest = size
	}
	err = t.run(ctx, urls)
	return t.received, err
}

// run makes attempts until one succeeds, all addresses have refused, or too many attempts in a row
// brought nothing. An attempt that got further is followed by another one at the same address; one that
// did not, by the next address after a wait.
func (t *transfer) run(ctx context.Context, urls []string) error {
	urls = slices.Clone(urls)
	var refusals []error
	idle, current := 0, 0
	for len(urls) > 0 {
		current %= len(urls)
		url := urls[current]
		before := t.furthest
		err := t.attempt(ctx, url)
		if err == nil {
			if err = t.finish(ctx, url); err == nil {
				return nil
			}
		}
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%s: stopped at %d of %d bytes, which are kept to resume from: %w",
				t.path, t.keptSize(), t.file.size, cause)
		}
		var disk *diskError
		if errors.As(err, &disk) {
			return err
		}
		if t.refused(err) {
			t.log.Warn("address cannot deliver", "file", t.file.name, "url", url, "err", err)
			refusals = append(refusals, err)
			t.furthest = t.keptSize()
			urls = slices.Delete(urls, current, current+1)
			continue
		}
		if t.furthest-before >= t.policy.step {
			idle = 0
			t.log.Info("connection broke off, resuming", "file", t.file.name, "at", t.furthest, "err", err)
			continue
		}
		if idle++; idle >= t.policy.attempts {
			return fmt.Errorf("%s: given up after %d attempts without progress: %w",
				t.path, idle, addressErrors(append(refusals, err)))
		}
		current++
		wait := t.wait(idle, err)
		t.log.Info("attempt failed, trying again", "file", t.file.name, "wait", wait, "err", err)
		if err := sleep(ctx, wait); err != nil {
			return fmt.Errorf("%s: stopped while waiting to try again: %w", t.path, err)
		}
	}
	return fmt.Errorf("%s: %w", t.path, addressErrors(refusals))
}

// refused reports whether the address of err is out of the race. Wrong content does not condemn it at
// once if the part file was put together from several responses: one attempt from nothing tells.
func (t *transfer) refused(err error) bool {
	var sum *ChecksumError
	if errors.As(err, &sum) {
		if !t.resumed || t.restarted {
			return true
		}
		t.restarted, t.furthest = true, 0
		return false
	}
	var r *refusal
	if errors.As(err, &r) || errors.Is(err, errScheme) {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

// wait returns how long to pause after the given number of attempts without progress: what the server
// asked for, if it did, else an exponential backoff.
func (t *transfer) wait(idle int, err error) time.Duration {
	var busy *statusError
	if errors.As(err, &busy) && busy.retryAfter > 0 {
		return min(busy.retryAfter, t.policy.maxBackoff)
	}
	return min(t.policy.backoff<<min(idle-1, 16), t.policy.maxBackoff)
}

// sleep waits for d or for the end of ctx, whose cause it returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// partSize returns the size of the part file, 0 if there is none. A part longer than the file is
// removed: it is something else.
func (t *transfer) partSize() (int64, error) {
	info, err := os.Lstat(t.part)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, onDisk(t.part, t.file.size, err)
	case !info.Mode().IsRegular():
		return 0, &diskError{fmt.Errorf("%s: not a regular file; remove it and try again", t.part)}
	case info.Size() > t.file.size:
		return 0, t.discard()
	}
	return info.Size(), nil
}

// keptSize is partSize for messages.
func (t *transfer) keptSize() int64 {
	size, err := t.partSize()
	if err != nil {
		return 0
	}
	return size
}

// discard removes the part file.
func (t *transfer) discard() error {
	if err := os.Remove(t.part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return onDisk(t.part, t.file.size, err)
	}
	return nil
}
