package fetch

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxUnpacked bounds the content of an archive; the published ones unpack to less than 1 GiB.
const maxUnpacked = 4 << 30

var (
	errEnough    = errors.New("no more entries are wanted")
	errEntrySize = errors.New("entry too large")
)

// eachEntry calls visit for every regular file of a tar archive, gzipped or not, until visit returns an
// error; errEnough ends it well. If label is not empty, progress in bytes of the archive is reported under it.
func (f *fetcher) eachEntry(ctx context.Context, path, label string, visit func(*tar.Header, io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return onDisk(path, 0, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return onDisk(path, 0, err)
	}
	var done int64
	count := readerFunc(func(p []byte) (int, error) {
		n, err := file.Read(p)
		if done += int64(n); label != "" {
			f.progress(label, done, info.Size())
		}
		return n, err
	})
	packed := bufio.NewReaderSize(&ctxReader{ctx, count}, 256<<10)
	var stream io.Reader = packed
	if magic, _ := packed.Peek(2); string(magic) == "\x1f\x8b" {
		if stream, err = gzip.NewReader(packed); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	archive := tar.NewReader(io.LimitReader(stream, maxUnpacked))
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			err = visit(header, archive)
		}
		if err == errEnough {
			break
		}
		if cause := context.Cause(ctx); cause != nil {
			return fmt.Errorf("%s: stopped while reading: %w", path, cause)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if label != "" {
		f.progress(label, info.Size(), info.Size())
	}
	return nil
}

// readEntry reads one entry of an archive. Memory grows with what is there, not with what the header claims.
func readEntry(header *tar.Header, content io.Reader, limit int64) ([]byte, error) {
	if header.Size > limit {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", errEntrySize, header.Size, limit)
	}
	data, err := io.ReadAll(io.LimitReader(content, limit))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", header.Name, err)
	}
	return data, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
