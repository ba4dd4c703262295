package ptxsim

// variable is a declared array in one of the state spaces.
type variable struct {
	name      string
	space     string // "shared", "global", "const", "local"
	size      int64  // bytes; 0 for an extern array, whose size the launch gives
	align     int64
	extern    bool
	initial   []byte
	line      int
	unbounded bool // declared as name[]
}

// parameter is one of a kernel's.
type parameter struct {
	name   string
	size   int64
	offset int64
}

// function is a kernel as it was written.
type function struct {
	name       string
	line       int
	parameters []parameter
	paramBytes int64
	maxThreads int    // 0 is any
	required   [3]int // threads of a block, zeros are any
	statements []statement
	scopes     int
}

// statement is an instruction as it was written.
type statement struct {
	line     int
	scope    *scope
	guard    string
	guardNot bool
	opcode   string
	operands []operand
}

// scope is a block in braces, with what it declares.
type scope struct {
	parent    *scope
	registers map[string]registers
	labels    map[string]int // to statement numbers
	variables map[string]*variable
	tables    map[string][]string // branch targets
}

// registers are count registers named base0, base1 and so on or, if count is 0, the one named base.
type registers struct {
	kind  dataType
	count int
}

func newScope(parent *scope) *scope {
	return &scope{parent, map[string]registers{}, map[string]int{}, map[string]*variable{}, map[string][]string{}}
}

// operandKind says what an operand is.
type operandKind uint8

const (
	nameOperand    operandKind = iota // a register, a variable, a label; with an offset for a variable
	numberOperand                     // an immediate
	vectorOperand                     // {a, b}
	addressOperand                    // [a+8]
	pairOperand                       // d|p
)

type operand struct {
	kind   operandKind
	name   string
	not    bool // !p
	offset int64
	number literal
	list   []operand // of a vector and a pair
}
