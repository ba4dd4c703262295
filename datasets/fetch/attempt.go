package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	neturl "net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// statusError is an answer without content.
type statusError struct {
	url        string
	status     string        // such as "404 Not Found"
	retryAfter time.Duration // what the server asks for; 0 if it does not
}

func (e *statusError) Error() string { return fmt.Sprintf("%s: server answers %s", e.url, e.status) }

// attempt makes one request and appends what comes to the part file, until the part has the size of
// the file. The part file is left as it is when the connection breaks off.
func (t *transfer) attempt(ctx context.Context, url string) error {
	offset, err := t.partSize()
	if err != nil {
		return err
	}
	if offset == t.file.size {
		return nil // complete already; only the check is left
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := newWatchdog(t.policy.stall, func() { cancel(fmt.Errorf("%w: nothing for %s", ErrStalled, t.policy.stall)) })
	defer watch.pause()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return &refusal{err}
	}
	// A compressed transfer would have other byte positions than the file.
	request.Header.Set("Accept-Encoding", "identity")
	request.Header.Set("User-Agent", "ganlib")
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if v := t.validators[url]; v != "" {
			request.Header.Set("If-Range", v)
		}
	}
	watch.expect()
	response, err := t.client.Do(request)
	watch.pause()
	if err != nil {
		return t.broken(ctx, url, err)
	}
	defer response.Body.Close()
	if offset, err = t.accept(response, url, offset); err != nil {
		return err
	}
	t.validators[url] = validator(response.Header)
	err = t.store(ctx, response.Body, watch, url, offset)
	if errors.Is(err, ErrSize) {
		return errors.Join(err, t.discard())
	}
	return err
}

// broken describes a failed request or read. The reason why ctx was cancelled says more than the error
// that came of it.
func (t *transfer) broken(ctx context.Context, url string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", url, cause)
	}
	var named *neturl.Error // names method and address itself
	if !errors.As(err, &named) {
		return fmt.Errorf("%s: %w", url, err)
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return &refusal{err}
	}
	return err
}

// accept checks the head of an answer and returns the position in the file at which its body starts.
func (t *transfer) accept(response *http.Response, url string, offset int64) (int64, error) {
	switch code := response.StatusCode; {
	case code == http.StatusOK: // Range not asked for, not supported, or the file changed
		offset = 0
	case code == http.StatusPartialContent && offset > 0:
		given := response.Header.Get("Content-Range")
		start, total, err := parseContentRange(given)
		if err != nil || start != offset || (total >= 0 && total != t.file.size) {
			return 0, t.restart(fmt.Errorf("%s: Content-Range %q: want bytes %d-%d/%d",
				url, given, offset, t.file.size-1, t.file.size))
		}
		if response.ContentLength < t.file.size-offset {
			return offset, nil // a server may send less than was asked for; the rest is for the next attempt
		}
	case code == http.StatusRequestedRangeNotSatisfiable && offset > 0:
		return 0, t.restart(&statusError{url: url, status: response.Status})
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		retryAfter := time.Duration(min(max(seconds, 0), 3600)) * time.Second
		return 0, &statusError{url: url, status: response.Status, retryAfter: retryAfter}
	default:
		return 0, &refusal{&statusError{url: url, status: response.Status}}
	}
	if n := response.ContentLength; n >= 0 && offset+n != t.file.size {
		return 0, &refusal{fmt.Errorf("%s: server announces %d bytes, want %d: %w", url, offset+n, t.file.size, ErrSize)}
	}
	return offset, nil
}

// restart removes a part file that the server cannot continue, so that the next attempt asks for the
// whole file, and returns reason.
func (t *transfer) restart(reason error) error {
	if err := t.discard(); err != nil {
		return err
	}
	return reason
}

// parseContentRange reads "bytes start-end/total"; a total of "*" gives -1.
func parseContentRange(s string) (start, total int64, err error) {
	span, of, ok := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	from, _, dash := strings.Cut(span, "-")
	if !strings.HasPrefix(s, "bytes ") || !ok || !dash {
		return 0, 0, fmt.Errorf("Content-Range %q: want bytes start-end/total", s)
	}
	if start, err = strconv.ParseInt(from, 10, 64); err != nil {
		return 0, 0, err
	}
	if of == "*" {
		return start, -1, nil
	}
	total, err = strconv.ParseInt(of, 10, 64)
	return start, total, err
}

// validator returns what identifies a state of a file for If-Range: a strong ETag, else the date.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

// store writes body to the part file from offset on.
func (t *transfer) store(ctx context.Context, body io.Reader, watch *watchdog, url string, offset int64) (err error) {
	out, err := os.OpenFile(t.part, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return onDisk(t.part, t.file.size-offset, err)
	}
	defer func() {
		if e := out.Close(); e != nil && err == nil {
			err = onDisk(t.part, 0, e)
		}
	}()
	if err := out.Truncate(offset); err != nil {
		return onDisk(t.part, t.file.size-offset, err)
	}
	if _, err := out.Seek(offset, io.SeekStart); err != nil {
		return onDisk(t.part, t.file.size-offset, err)
	}
	t.resumed = offset > 0
	buffer := make([]byte, 64<<10)
	for at := offset; ; {
		watch.expect()
		n, readErr := body.Read(buffer)
		watch.pause()
		t.received += int64(n)
		if at+int64(n) > t.file.size {
			return &refusal{fmt.Errorf("%s: server sends more than the %d bytes of the file: %w", url, t.file.size, ErrSize)}
		}
		if _, err := out.Write(buffer[:n]); err != nil {
			return onDisk(t.part, t.file.size-at, err)
		}
		at += int64(n)
		t.furthest = max(t.furthest, at)
		if n > 0 {
			t.progress(t.file.name, at, t.file.size)
		}
		switch {
		case readErr == io.EOF && at == t.file.size:
			return nil
		case readErr == io.EOF:
			return fmt.Errorf("%s: ended at %d of %d bytes: %w", url, at, t.file.size, io.ErrUnexpectedEOF)
		case readErr != nil:
			return fmt.Errorf("at %d of %d bytes: %w", at, t.file.size, t.broken(ctx, url, readErr))
		}
	}
}
