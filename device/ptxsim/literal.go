package ptxsim

import (
	"math"
	"strconv"
	"strings"
)

// literal is an immediate: an integer, or a float in either width.
type literal struct {
	bits  uint64 // of the integer, or of the float as a float64
	float bool
}

// parseLiteral reads a number without its sign.
func parseLiteral(s string) (literal, bool) {
	switch {
	case len(s) == 10 && (s[:2] == "0f" || s[:2] == "0F"):
		v, err := strconv.ParseUint(s[2:], 16, 32)
		return floatLiteral(widen(uint32(v))), err == nil
	case len(s) == 18 && (s[:2] == "0d" || s[:2] == "0D"):
		v, err := strconv.ParseUint(s[2:], 16, 64)
		return literal{v, true}, err == nil
	case s == "WARP_SZ":
		return literal{bits: warpSize}, true
	}
	if v, err := strconv.ParseUint(strings.TrimSuffix(s, "U"), 0, 64); err == nil && !strings.Contains(s, "_") {
		return literal{bits: v}, true
	}
	if strings.ContainsRune(s, '.') && s[0] >= '0' && s[0] <= '9' {
		v, err := strconv.ParseFloat(s, 64)
		return literal{math.Float64bits(v), true}, err == nil
	}
	return literal{}, false
}

func floatLiteral(bits uint64) literal { return literal{bits, true} }

func (l literal) negated() literal {
	if l.float {
		return literal{l.bits ^ 1<<63, true}
	}
	return literal{-l.bits, false}
}

// as returns the bits of the literal as a value of type t.
func (l literal) as(t dataType) (bits uint64, ok bool) {
	switch {
	case t.kind == predicateKind:
		if l.bits != 0 {
			return 1, true
		}
		return 0, true
	case !l.float:
		return l.bits & (^uint64(0) >> (64 - t.bits)), true
	case t.bits == 64:
		return l.bits, true
	case t.bits == 32:
		return uint64(narrow(l.bits)), true
	}
	return 0, false
}

// widen returns the bits of a float32 as a float64, with the payload of a NaN.
func widen(bits uint32) uint64 {
	f := math.Float32frombits(bits)
	if f != f {
		return uint64(bits>>31)<<63 | 0x7ff<<52 | uint64(bits&(1<<23-1))<<29
	}
	return math.Float64bits(float64(f))
}

// narrow is the inverse of widen; other values are rounded.
func narrow(bits uint64) uint32 {
	f := math.Float64frombits(bits)
	if payload := uint32(bits>>29) & (1<<23 - 1); f != f && payload != 0 {
		return uint32(bits>>63)<<31 | 0xff<<23 | payload
	}
	return math.Float32bits(float32(f))
}
