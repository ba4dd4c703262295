package device

// Stream returns the number of the random stream of that name, for [Random]: the low 28 bits of its
// FNV-1a hash, so that streams need no register and adding one moves no other.
func Stream(name string) uint32 {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return h & (1<<28 - 1)
}
