package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// Options says where to put a data set and how to get it. The zero value is ready to use.
type Options struct {
	// Dir is the folder that holds data sets; empty means "data".
	Dir string

	// BaseURL replaces the published addresses by one http or https folder that holds the same files
	// under the same names: a mirror, or a server in a test. Sizes and sums are checked all the same.
	// Credentials do not belong into it, since errors show it; a Client can add them.
	BaseURL string

	// Client sends the requests; nil means a client without a total time limit. A Timeout set here
	// limits each request as a whole, large files included.
	Client *http.Client

	// StallTimeout is how long a server may send nothing before the connection is given up; 0 means
	// 30 seconds. There is no limit on the whole.
	StallTimeout time.Duration

	// Progress, if not nil, is called from the goroutine of Fetch, often: done of total bytes of file
	// are there. file is the name of a download ("images.tar.gz") or, while that archive is read for
	// its images, their folder ("PetFaces/cats"). A download that starts again makes done fall.
	Progress func(file string, done, total int64)

	// Logger gets retries, skipped images and what was done; nil means silence.
	Logger *slog.Logger
}

// Result says what Fetch did.
type Result struct {
	Set     Set
	Dir     string // folder to train on, such as data/MNIST or data/PetFaces
	Files   []File // the published files, in the order in which they were fetched
	Images  int    // images written from archives
	Skipped []Skip // images of the archives that could not be used, sorted by name
}

// File is one published file on disk, its content checked.
type File struct {
	Path     string
	Bytes    int64 // its size
	Received int64 // bytes that came over the network in this call; 0 if it was there already
}

// Skip is an image that was left out, and why.
type Skip struct {
	Name string // as in the archive, without folder and extension
	Err  error
}

// Fetch gets the data set of the given name (see [Sets]) and puts it under o.Dir. Files that are there
// with the right content are not fetched again, and a download that was broken off is resumed.
//
// It fails with an error that wraps [ErrUnknownSet] or [ErrByHand] for a name it cannot serve, with a
// [*ChecksumError], [ErrSize], [ErrStalled] or the network's error when no address delivers, with one of
// the file system, and with the context's cause when cancelled; a cancelled download keeps its part
// file. The Result then says how far it came.
func Fetch(ctx context.Context, name string, o Options) (Result, error) {
	if o.Dir == "" {
		o.Dir = "data"
	}
	s, err := lookup(name, o.Dir)
	if err != nil {
		return Result{}, err
	}
	return run(ctx, s, o, standard)
}

// run fetches the files of s and finishes the set.
func run(ctx context.Context, s spec, o Options, p policy) (Result, error) {
	r := Result{Set: s.describe(), Dir: filepath.Join(o.Dir, s.root)}
	mirrors := s.mirrors
	if o.BaseURL != "" {
		base, err := parseBase(o.BaseURL)
		if err != nil {
			return r, err
		}
		mirrors = []string{base}
	}
	f := newFetcher(o, p)
	paths := make(map[string]string, len(s.files))
	for _, file := range s.files {
		path := filepath.Join(o.Dir, s.store, file.name)
		urls := make([]string, len(mirrors))
		for i, m := range mirrors {
			urls[i] = m + file.name
		}
		received, err := f.download(ctx, path, file, urls)
		if err != nil {
			return r, fmt.Errorf("fetch: %s: %w", s.Name, err)
		}
		paths[file.name] = path
		r.Files = append(r.Files, File{Path: path, Bytes: file.size, Received: received})
	}
	if s.finish != nil {
		if err := s.finish(ctx, f, paths, &r); err != nil {
			return r, fmt.Errorf("fetch: %s: %w", s.Name, err)
		}
	}
	f.log.Info("data set is in place", "set", s.Name, "dir", r.Dir, "images", r.Images, "skipped", len(r.Skipped))
	return r, nil
}

// parseBase checks Options.BaseURL and returns it ending in a slash.
func parseBase(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("fetch: BaseURL: %w", err)
	}
	if err := checkScheme(u); err != nil {
		return "", fmt.Errorf("fetch: BaseURL %q: %w", u.Redacted(), err)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("fetch: BaseURL %q: want a host and a path, without user, query or fragment", u.Redacted())
	}
	return strings.TrimSuffix(base, "/") + "/", nil
}

// errScheme is wrapped by errors about addresses that are neither http nor https.
var errScheme = errors.New("only http and https are allowed")

func checkScheme(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("scheme %q: %w", u.Scheme, errScheme)
	}
	return nil
}

// fetcher is what all downloads of one call share.
type fetcher struct {
	client   *http.Client
	policy   policy
	progress func(file string, done, total int64)
	log      *slog.Logger
}

func newFetcher(o Options, p policy) *fetcher {
	if o.StallTimeout > 0 {
		p.stall = o.StallTimeout
	}
	f := &fetcher{policy: p, progress: o.Progress, log: o.Logger}
	if f.progress == nil {
		f.progress = func(string, int64, int64) {}
	}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	var client http.Client
	if o.Client != nil {
		client = *o.Client
	}
	follow := client.CheckRedirect
	client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if err := checkScheme(next.URL); err != nil {
			return err
		}
		if follow != nil {
			return follow(next, via)
		}
		if len(via) >= 10 {
			return errors.New("stopped after 10 redirects")
		}
		return nil
	}
	f.client = &client
	return f
}
