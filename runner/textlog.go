package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ganlib/vfs"
)

// A text log has at most textLogBytes in its file, before the last write; then the file becomes .1, that one
// becomes .2, and so on up to textLogs.
const (
	textLogBytes = 16 << 20
	textLogs     = 3
)

// textLog is a file of lines for people, which does not grow without end.
type textLog struct {
	fs   vfs.FS
	path string
	most int64
	file vfs.File
	size int64
}

// openTextLog opens the file to write after what it has; most are its bytes, at most.
func openTextLog(fsys vfs.FS, path string, most int64) (*textLog, error) {
	l := &textLog{fs: fsys, path: path, most: most}
	return l, l.open()
}

func (l *textLog) open() error {
	file, err := l.fs.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write writes whole lines.
func (l *textLog) Write(lines []byte) (int, error) {
	if l.size > 0 && l.size+int64(len(lines)) > l.most {
		l.rotate()
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(lines)
	l.size += int64(n)
	return n, err
}

// rotate gives the file another name. If that fails, the file goes on.
func (l *textLog) rotate() {
	if l.file == nil || l.file.Close() != nil { // Windows renames no file that is open
		l.file = nil
		return
	}
	l.file = nil
	for i := textLogs - 1; i >= 0; i-- {
		err := l.fs.Rename(l.older(i), l.older(i+1))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}

// older returns the name of the file that i others have followed.
func (l *textLog) older(i int) string {
	if i == 0 {
		return l.path
	}
	return fmt.Sprintf("%s.%d", l.path, i)
}

// Close closes the file.
func (l *textLog) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
