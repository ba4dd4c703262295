package ptxsim

func init() {
	instructions["setp"] = (*decoder).setp
	instructions["set"] = (*decoder).set
}

// comparison gives a bit for every lane of the warp.
type comparison func(w *warp, in *inst) uint32

func equal[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] == b[l]) << (l & 31)
	}
	return r
}

func less[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] < b[l]) << (l & 31)
	}
	return r
}

func lessEqual[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] <= b[l]) << (l & 31)
	}
	return r
}

func greater[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] > b[l]) << (l & 31)
	}
	return r
}

func greaterEqual[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] >= b[l]) << (l & 31)
	}
	return r
}

// orderedPair holds where neither is NaN.
func orderedPair[T number](w *warp, in *inst) (r uint32) {
	a, b := reg[T](w, in.a), reg[T](w, in.b)
	for l := range a {
		r |= bit(a[l] == a[l] && b[l] == b[l]) << (l & 31)
	}
	return r
}

// ordinary are the comparisons that are false if an operand is NaN. The others are their opposites: ltu
// is not ge, nan is not num.
func ordinary[T number]() map[string]comparison {
	return map[string]comparison{
		"eq": equal[T], "lt": less[T], "le": lessEqual[T], "gt": greater[T], "ge": greaterEqual[T], "num": orderedPair[T],
		"ne": func(w *warp, in *inst) uint32 { return orderedPair[T](w, in) &^ equal[T](w, in) },
	}
}

var (
	opposites = map[string]string{"neu": "eq", "equ": "ne", "ltu": "ge", "leu": "gt", "gtu": "le", "geu": "lt", "nan": "num"}
	unsigned  = map[string]string{"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}
)

func negation(c comparison) comparison { return func(w *warp, in *inst) uint32 { return ^c(w, in) } }

// comparisonOf returns the comparison of a name for a type, or nil.
func comparisonOf(name string, t dataType) comparison {
	switch {
	case t.name == "f32":
		return floatComparison(ordinary[float32](), name)
	case t.name == "f64":
		return floatComparison(ordinary[float64](), name)
	case t.kind == floatKind && t.bits == 16:
		return halfComparison(smallFormat(t), name)
	case t.kind > signedKind:
		return nil
	case t.kind == bitsKind && name != "eq" && name != "ne", name == "num", t.signed() && unsigned[name] != "":
		return nil
	case t.signed() && t.bits == 16:
		return shortComparison(name)
	}
	if u := unsigned[name]; u != "" {
		name = u
	}
	all := ordinary[uint32]()
	switch {
	case t.signed() && t.bits == 64:
		all = ordinary[int64]()
	case t.bits == 64:
		all = ordinary[uint64]()
	case t.signed():
		all = ordinary[int32]()
	}
	if name == "ne" {
		return negation(all["eq"])
	}
	return all[name]
}

func floatComparison(all map[string]comparison, name string) comparison {
	if opposite := opposites[name]; opposite != "" {
		return negation(all[opposite])
	}
	return all[name]
}

// widened compares registers of 16 bits as a wider type, in which holds decides.
func widened(value func(b uint32) float64, name string) comparison {
	holds := map[string]func(x, y float64) bool{
		"eq": func(x, y float64) bool { return x == y }, "lt": func(x, y float64) bool { return x < y },
		"le": func(x, y float64) bool { return x <= y }, "gt": func(x, y float64) bool { return x > y },
		"ge": func(x, y float64) bool { return x >= y }, "num": func(x, y float64) bool { return x == x && y == y },
		"ne": func(x, y float64) bool { return x < y || x > y },
	}[name]
	if holds == nil {
		return nil
	}
	return func(w *warp, in *inst) (r uint32) {
		a, b := reg[uint32](w, in.a), reg[uint32](w, in.b)
		for l := range a {
			r |= bit(holds(value(a[l]), value(b[l]))) << (l & 31)
		}
		return r
	}
}

func shortComparison(name string) comparison {
	return widened(func(b uint32) float64 { return float64(int16(b)) }, name)
}

func halfComparison(f format, name string) comparison {
	if opposite := opposites[name]; opposite != "" {
		if c := widened(f.unpack, opposite); c != nil {
			return negation(c)
		}
	}
	return widened(f.unpack, name)
}

// flushed compares float32 with denormal operands as zeros.
func flushed(name string) comparison {
	value := func(b uint32) float64 { return floatForm{flush: true}.operand(b) }
	if opposite := opposites[name]; opposite != "" {
		if c := widened(value, opposite); c != nil {
			return negation(c)
		}
	}
	return widened(value, name)
}

// comparing takes the modifiers of set and setp.
func (d *decoder) comparing(t dataType) (c comparison, combine string) {
	combine = d.oneOf("and", "or", "xor")
	flush := d.has("ftz")
	if len(d.modifiers) == 0 {
		d.fail("%s without a comparison", d.name)
		return nil, ""
	}
	name := d.modifiers[0]
	d.modifiers = d.modifiers[1:]
	if c = comparisonOf(name, t); flush && t.name == "f32" {
		c = flushed(name)
	}
	if c == nil {
		d.fail("comparison .%s of .%s", name, t.name)
	}
	return c, combine
}

// combined applies the logic of a third operand, in in.c, to a comparison.
func combined(c comparison, combine string, not uint32) comparison {
	switch combine {
	case "and":
		return func(w *warp, in *inst) uint32 { return c(w, in) & (w.predicates[in.c] ^ not) }
	case "or":
		return func(w *warp, in *inst) uint32 { return c(w, in) | (w.predicates[in.c] ^ not) }
	case "xor":
		return func(w *warp, in *inst) uint32 { return c(w, in) ^ w.predicates[in.c] ^ not }
	}
	return c
}

// setp decodes setp p, a, b and setp p|q, a, b, c: q is for the opposite.
func (d *decoder) setp() {
	t := d.dataType()
	c, combine := d.comparing(t)
	if d.err != nil || !d.operands(3, 4) {
		return
	}
	first, second := d.operand(0), operand{}
	if first.kind == pairOperand {
		first, second = first.list[0], first.list[1]
	}
	d.register(&d.in.d, first, typePred, true)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	var not uint32
	if d.count() == 4 != (combine != "") {
		d.fail("a third operand goes with .and, .or or .xor")
		return
	}
	if combine != "" {
		d.predicate(&d.in.c, &not, 3)
	}
	result := combined(c, combine, not)
	if second.name == "" {
		d.in.run = func(w *warp, in *inst, m uint32) { w.setPredicate(in.d, m, result(w, in)) }
		return
	}
	opposite := combined(negation(c), combine, not)
	d.further(second, typePred, true)
	d.in.run = func(w *warp, in *inst, m uint32) {
		p, q := result(w, in), opposite(w, in)
		w.setPredicate(in.d, m, p)
		w.setPredicate(in.v[0], m, q)
	}
}

// set decodes comparisons whose result is a number: all bits set, or 1.0.
func (d *decoder) set() {
	t := d.dataType()
	to := d.dataType()
	c, combine := d.comparing(t)
	if d.err != nil || to.bits != 32 || !d.operands(3, 4) {
		return
	}
	d.dst(&d.in.d, 0, to)
	d.src(&d.in.a, 1, t)
	d.src(&d.in.b, 2, t)
	var not uint32
	if d.count() == 4 != (combine != "") {
		d.fail("a third operand goes with .and, .or or .xor")
		return
	}
	if combine != "" {
		d.predicate(&d.in.c, &not, 3)
	}
	result := combined(c, combine, not)
	yes := full
	if to.kind == floatKind {
		yes = bitsOf(1)
	}
	d.in.run = func(w *warp, in *inst, m uint32) {
		r := result(w, in)
		to := reg[uint32](w, in.d)
		for ; m != 0; m &= m - 1 {
			l := lane(m)
			to[l] = yes & -(r >> l & 1)
		}
	}
}
