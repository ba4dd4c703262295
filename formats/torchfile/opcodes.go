package torchfile

import "fmt"

// Instructions of pickles up to protocol 5, as far as torch.save makes them
// (https://docs.python.org/3/library/pickletools.html).
const (
	opProto          = 0x80
	opFrame          = 0x95
	opStop           = '.'
	opMark           = '('
	opNone           = 'N'
	opNewTrue        = 0x88
	opNewFalse       = 0x89
	opBinInt         = 'J'
	opBinInt1        = 'K'
	opBinInt2        = 'M'
	opLong1          = 0x8a
	opBinFloat       = 'G'
	opBinUnicode     = 'X'
	opShortUnicode   = 0x8c
	opBinUnicode8    = 0x8d
	opBinString      = 'T' // of Python 2
	opShortBinString = 'U'
	opBinBytes       = 'B'
	opShortBinBytes  = 'C'
	opEmptyTuple     = ')'
	opTuple          = 't'
	opTuple1         = 0x85
	opTuple2         = 0x86
	opTuple3         = 0x87
	opEmptyList      = ']'
	opAppend         = 'a'
	opAppends        = 'e'
	opEmptyDict      = '}'
	opSetItem        = 's'
	opSetItems       = 'u'
	opBinPut         = 'q'
	opLongBinPut     = 'r'
	opMemoize        = 0x94
	opBinGet         = 'h'
	opLongBinGet     = 'j'
	opGlobal         = 'c'
	opStackGlobal    = 0x93
	opReduce         = 'R'
	opBuild          = 'b'
	opBinPersID      = 'Q'
)

// refused are instructions that some pickle may have and no file of tensors needs, by name for the message.
var refused = map[byte]string{
	0x81: "NEWOBJ", 0x92: "NEWOBJ_EX", 'i': "INST", 'o': "OBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
	'P': "PERSID", '0': "POP", '1': "POP_MARK", '2': "DUP", 'I': "INT", 'L': "LONG", 0x8b: "LONG4", 'F': "FLOAT",
	'S': "STRING", 'V': "UNICODE", 0x8e: "BINBYTES8", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
	'l': "LIST", 'd': "DICT", 'p': "PUT", 'g': "GET", 0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET",
}

func opcodeText(op byte) string {
	if name, ok := refused[op]; ok {
		return name
	}
	return fmt.Sprintf("%#02x", op)
}

// RefusedError is the error for a pickle that asks for more than tensors and plain values need. Nothing of
// it was run.
type RefusedError struct {
	Name   string // the function or class, "posix.system", or the instruction
	Offset int    // in the pickle, bytes
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("offset %d asks for %s, which no tensor needs: refused, and nothing was run", e.Offset, shorten(e.Name))
}
