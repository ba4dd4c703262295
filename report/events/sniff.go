package events

import "encoding/binary"

// Sniff reports whether a file that begins with head, of which it wants the first 12 bytes, is a row of records.
func Sniff(head []byte) bool {
	return len(head) >= headBytes && binary.LittleEndian.Uint64(head) <= maxRecord &&
		binary.LittleEndian.Uint32(head[8:]) == checksum(head[:8])
}
