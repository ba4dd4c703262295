//go:build unix && !linux

package vfs

// renameNew renames a folder; if the new name exists, whatever it is, nothing changes and the error
// is [fs.ErrExist].
func renameNew(from, to string) error { return renameOverEmpty(from, to) }
