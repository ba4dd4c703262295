package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// present reports whether path holds the content of file. Anything else that is a regular file there
// is to be replaced.
func (f *fetcher) present(ctx context.Context, path string, file remote) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, onDisk(path, file.size, err)
	case !info.Mode().IsRegular():
		return false, &diskError{fmt.Errorf("%s: not a regular file; remove it and try again", path)}
	}
	if info.Size() == file.size {
		sum, err := sumFile(ctx, path)
		if err != nil {
			return false, err
		}
		if sum == file.sha256 {
			f.progress(file.name, file.size, file.size)
			return true, nil
		}
	}
	f.log.Warn("file differs from the published one, fetching it again", "path", path, "bytes", info.Size())
	return false, nil
}

// finish checks the complete part file and gives it its final name. A part with other content is
// removed. The rename is atomic, and synced so that it survives a loss of power.
func (t *transfer) finish(ctx context.Context, url string) error {
	sum, err := sumFile(ctx, t.part)
	if err != nil {
		return err
	}
	if sum != t.file.sha256 {
		if err := t.discard(); err != nil {
			return err
		}
		return &ChecksumError{File: t.path, URL: url, Want: t.file.sha256, Got: sum}
	}
	if err := syncFile(t.part, os.O_RDWR); err != nil {
		return onDisk(t.part, 0, err)
	}
	if err := os.Rename(t.part, t.path); err != nil {
		return onDisk(t.path, 0, err)
	}
	// Some systems cannot sync a folder; the file itself is safe by now.
	_ = syncFile(filepath.Dir(t.path), os.O_RDONLY)
	t.progress(t.file.name, t.file.size, t.file.size)
	return nil
}

// sumFile returns the SHA-256 of a file in hexadecimal.
func sumFile(ctx context.Context, path string) (string, error) {
	in, err := os.Open(path)
	if err != nil {
		return "", onDisk(path, 0, err)
	}
	defer in.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, &ctxReader{ctx, in}); err != nil {
		return "", onDisk(path, 0, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// syncFile flushes a file or folder, opened with flag, to the disk.
func syncFile(path string, flag int) error {
	file, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// ctxReader reads until the end of ctx.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
