package pack

import (
	"crypto/sha256"
	"fmt"
)

// Duplicates says which images of a set are left out because an earlier one shows the same.
type Duplicates string

// The three ways to treat duplicates.
const (
	Keep  Duplicates = "keep"  // leave out none
	Exact Duplicates = "exact" // leave out images whose pixels, as they would be written, equal those of an earlier one
	Near  Duplicates = "near"  // and those that look like an earlier one, or like its mirror image
)

// Two images are near duplicates if their looks differ in at most Options.Bits of 480 bits, and on
// average in at most maxColour levels of colour.
//
// The thresholds come from drawn cats' faces of 64×64. Of 4.5 million pairs of different faces, mirrored
// or not, none differ in fewer than 60 bits. The same face differs, in the median and at most of 300,
//
//	saved as JPEG of quality 90       in  5 and 17 bits
//	of quality 50                        16 and 46 (95 of 100: 27)
//	of quality 20                        28 and 56
//	enlarged twice, JPEG of quality 75    8 and 23
//	reduced to 2/3, JPEG of quality 75   20 and 42
//	cut by 3 % at two sides              35 and 53
//	brightened by 8 levels                0 and  0, and in 8 levels of colour
//	with a tenth more contrast            5 and 33, and in 11 and 20 levels
//
// so what was changed much is not found: an image that stays does less harm than one that is lost.
const (
	DefaultBits = 32
	MaxBits     = bands - 1
	maxColour   = 16
)

// MaxBits is what the search can promise: the bits are cut into bands of 12, and looks that differ in
// fewer bits than there are bands agree in a whole band at least. So only those are compared that share
// one, instead of all with all.
const (
	bandBits = 12
	bands    = rises / bandBits
)

// match is the earlier image that an image is a duplicate of.
type match struct {
	kept     int // its number among the kept ones
	exact    bool
	mirrored bool
	bits     int // in which they differ
}

// gallery finds duplicates among the images that were kept so far.
type gallery struct {
	duplicates Duplicates
	bits       int
	exact      map[[sha256.Size]byte]int
	looks      []look
	heads      []int32        // of each band and value: the newest image with it, plus 1
	next       [][bands]int32 // of each image and band: the one before with the same value, plus 1
	seen       []int          // of each image: the query that compared it last
	queries    int
}

func newGallery(o Options) *gallery {
	g := &gallery{duplicates: o.Duplicates, bits: o.Bits, exact: map[[sha256.Size]byte]int{}}
	if o.Duplicates == Near {
		g.heads = make([]int32, bands<<bandBits)
	}
	return g
}

// find returns the first kept image that s is a duplicate of.
func (g *gallery) find(s *sample) (match, bool) {
	if g.duplicates == Keep {
		return match{}, false
	}
	if kept, ok := g.exact[s.sum]; ok {
		return match{kept: kept, exact: true}, true
	}
	if g.duplicates != Near {
		return match{}, false
	}
	best, found := g.findLook(&s.plain)
	if m, ok := g.findLook(&s.mirrored); ok && (!found || m.kept < best.kept) {
		m.mirrored = true
		best, found = m, true
	}
	return best, found
}

// findLook returns the first kept image whose look is near l.
func (g *gallery) findLook(l *look) (best match, found bool) {
	g.queries++
	for band := range bands {
		for i := g.heads[place(l, band)]; i != 0; i = g.next[i-1][band] {
			k := int(i) - 1
			if found && k > best.kept || g.seen[k] == g.queries {
				continue
			}
			g.seen[k] = g.queries
			other := &g.looks[k]
			if n := differing(&l.bits, &other.bits); n <= g.bits && colourDistance(l.colour, other.colour) <= maxColour {
				best, found = match{kept: k, bits: n}, true
			}
		}
	}
	return best, found
}

// add keeps an image.
func (g *gallery) add(s *sample) {
	if g.duplicates == Keep {
		return
	}
	g.exact[s.sum] = len(g.exact) // sums differ, else it were a duplicate
	if g.duplicates != Near {
		return
	}
	i := int32(len(g.looks))
	g.looks = append(g.looks, s.plain)
	g.seen = append(g.seen, 0)
	var next [bands]int32
	for band := range bands {
		head := &g.heads[place(&s.plain, band)]
		next[band], *head = *head, i+1
	}
	g.next = append(g.next, next)
}

// place returns where a look's band has its head.
func place(l *look, band int) int {
	const inWord, mask = perWord / bandBits, 1<<bandBits - 1
	return band<<bandBits | int(l.bits[band/inWord]>>(band%inWord*bandBits)&mask)
}

func (d Duplicates) check() error {
	switch d {
	case Keep, Exact, Near:
		return nil
	}
	return fmt.Errorf("duplicates %q: want %s, %s or %s", string(d), Keep, Exact, Near)
}
