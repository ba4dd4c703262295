package snippets

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// intType is an integer type of PTX.
type intType struct {
	name   string
	bits   uint
	signed bool
}

// typesOf reads a list such as "u16 s32".
func typesOf(list string) []intType {
	var all []intType
	for _, name := range strings.Fields(list) {
		n, _ := strconv.Atoi(name[1:])
		all = append(all, intType{name, uint(n), name[0] == 's'})
	}
	return all
}

// words is how many words of 32 bits a value takes.
func (t intType) words() int { return int(max(t.bits, 32)) / 32 }

// read makes a number of the low bits of words.
func (t intType) read(x []uint32) *big.Int {
	v := new(big.Int)
	for i := t.words() - 1; i >= 0; i-- {
		v.Add(v.Lsh(v, 32), big.NewInt(int64(x[i])))
	}
	return t.wrap(v)
}

// wrap cuts a number to the type's range, as two's complement.
func (t intType) wrap(v *big.Int) *big.Int {
	size := new(big.Int).Lsh(big.NewInt(1), t.bits)
	r := new(big.Int).Mod(v, size)
	if t.signed && r.Bit(int(t.bits)-1) == 1 {
		r.Sub(r, size)
	}
	return r
}

// words32 are the words of a number. Those of 16 bits have zeros above.
func (t intType) words32(v *big.Int) []uint32 {
	u := intType{"", t.bits, false}.wrap(v).Uint64()
	if t.bits == 64 {
		return one64(u)
	}
	return one32(uint32(u))
}

// code is an instruction with so many sources of a type, and a result of another: words come from $0 on
// and go to @0 on.
func (t intType) code(op string, sources int, result intType) string {
	registers := map[uint]string{16: "%h", 32: "", 64: "%l"}[t.bits]
	var b strings.Builder
	operands := ""
	for i := range sources {
		switch t.bits {
		case 16:
			fmt.Fprintf(&b, "cvt.u16.u32 %%h%d, $%d; ", i, i)
		case 64:
			fmt.Fprintf(&b, "mov.b64 %%l%d, {$%d, $%d}; ", i, 2*i, 2*i+1)
		default:
			operands += fmt.Sprintf(", $%d", i)
			continue
		}
		operands += fmt.Sprintf(", %s%d", registers, i)
	}
	switch result.bits {
	case 16:
		fmt.Fprintf(&b, "%s %%h9%s; cvt.u32.u16 @0, %%h9;", op, operands)
	case 32:
		fmt.Fprintf(&b, "%s @0%s;", op, operands)
	default:
		fmt.Fprintf(&b, "%s %%l9%s; mov.b64 {@0, @1}, %%l9;", op, operands)
	}
	return b.String()
}
