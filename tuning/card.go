package tuning

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ganlib/device"
	"ganlib/kernels"
)

// Variable is the environment variable that names the folder of the tables.
const Variable = "GANLIB_TUNING"

// Folder returns where the tables lie: the folder that [Variable] names, or ganlib/tuning in the user's folder for
// what can be made again. It need not exist.
func Folder() (string, error) {
	if folder := os.Getenv(Variable); folder != "" {
		return folder, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("tuning: no folder for tables: %w; %s can name one", err, Variable)
	}
	return filepath.Join(cache, "ganlib", "tuning"), nil
}

// Card is what times hold for: a kind of GPU, with a driver, which translates the kernels, and these.
type Card struct {
	Name            string `json:"name"`    // "NVIDIA H100 80GB HBM3"
	Compute         string `json:"compute"` // its capability: "9.0"
	Multiprocessors int    `json:"multiprocessors"`
	CUDA            string `json:"cuda"`    // version that the driver speaks: "13.0"
	Kernels         string `json:"kernels"` // SHA-256 of the kernels' PTX, in hexadecimal
}

// CardOf returns what a GPU is.
func CardOf(dev *device.CUDA) Card {
	p := dev.Properties()
	return Card{
		Name: strings.ToValidUTF8(p.Name, "?"), Compute: fmt.Sprintf("%d.%d", p.Major, p.Minor), Multiprocessors: p.Multiprocessors,
		CUDA: fmt.Sprintf("%d.%d", p.Version/1000, p.Version%1000/10), Kernels: kernels.Sum(),
	}
}

// String names the card, its driver and its kernels.
func (c Card) String() string {
	return fmt.Sprintf("%s with CUDA %s and kernels %.12s", c.Name, c.CUDA, c.Kernels)
}

// File returns the name of a card's table.
func (c Card) File() string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, c.Name)
	const long = 60
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %q", c.Name, c.Compute, c.Multiprocessors, c.CUDA, c.Kernels))
	return plain[:min(len(plain), long)] + "-" + hex.EncodeToString(sum[:8]) + ".json"
}
