//go:build !linux || !amd64 || noasm

package device

// seat is for Linux; elsewhere threads lie where the operating system puts them.
type seat struct{}

func processor() int { return -1 }

func (*seat) settle()   {}
func (*seat) leave(int) {}
