package kernels

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sum returns the SHA-256, in hexadecimal, of the names and texts of all GPU kernels: programs with the same
// kernels have the same.
func Sum() string {
	hash := sha256.New()
	files, _ := ptxFiles.ReadDir(".") // embedded
	for _, f := range files {
		text, _ := ptxFiles.ReadFile(f.Name())
		fmt.Fprintf(hash, "%s %d\n", f.Name(), len(text))
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
