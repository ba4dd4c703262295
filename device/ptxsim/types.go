package ptxsim

// kind is how the bits of a type are meant.
type kind uint8

const (
	bitsKind kind = iota // b8 to b64
	unsignedKind
	signedKind
	floatKind
	packedKind // two floats of 16 bits
	predicateKind
)

// dataType is a type of PTX.
type dataType struct {
	name string
	kind kind
	bits int
}

var dataTypes = typesByName()

func typesByName() map[string]dataType {
	byName := map[string]dataType{}
	for _, t := range []dataType{
		{"b8", bitsKind, 8}, {"b16", bitsKind, 16}, {"b32", bitsKind, 32}, {"b64", bitsKind, 64},
		{"u8", unsignedKind, 8}, {"u16", unsignedKind, 16}, {"u32", unsignedKind, 32}, {"u64", unsignedKind, 64},
		{"s8", signedKind, 8}, {"s16", signedKind, 16}, {"s32", signedKind, 32}, {"s64", signedKind, 64},
		{"f16", floatKind, 16}, {"bf16", floatKind, 16}, {"f32", floatKind, 32}, {"tf32", floatKind, 32}, {"f64", floatKind, 64},
		{"f16x2", packedKind, 32}, {"bf16x2", packedKind, 32},
		{"pred", predicateKind, 1},
	} {
		byName[t.name] = t
	}
	return byName
}

func (t dataType) signed() bool  { return t.kind == signedKind }
func (t dataType) integer() bool { return t.kind <= signedKind }
func (t dataType) bytes() int    { return t.bits / 8 }

// registerBits is the width of the register that holds a value of so many bits: there are none of 8.
func registerBits(bits int) int {
	if bits == 8 {
		return 16
	}
	return bits
}

var (
	typeU32  = dataTypes["u32"]
	typeU64  = dataTypes["u64"]
	typeB32  = dataTypes["b32"]
	typePred = dataTypes["pred"]
)
