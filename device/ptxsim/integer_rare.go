package ptxsim

func init() {
	for name, decode := range map[string]func(*decoder){
		"mul24": (*decoder).mul24, "mad24": (*decoder).mul24, "sad": (*decoder).sad, "dp4a": (*decoder).dp4a, "dp2a": (*decoder).dp2a,
	} {
		instructions[name] = decode
	}
}

// mul24 decodes mul24 and mad24: products of the low 24 bits.
func (d *decoder) mul24() {
	t := d.dataType()
	shift := map[string]int{"lo": 0, "hi": 16}[d.oneOf("lo", "hi")]
	if t.bits != 32 {
		return
	}
	narrow := t
	narrow.bits = 24
	product := func(a, b uint32) uint32 {
		return uint32(narrow.extend(uint64(a)) * narrow.extend(uint64(b)) >> shift)
	}
	if d.name == "mul24" {
		d.standard(2, t)
		d.in.run = lanes2(product)
		return
	}
	d.standard(3, t)
	d.in.run = lanes3(func(a, b, c uint32) uint32 { return product(a, b) + c })
}

// sad adds the absolute difference.
func (d *decoder) sad() {
	t := d.dataType()
	d.standard(3, t)
	distance := func(a, b uint64) uint64 {
		if before := t.signed() && int64(a) < int64(b) || !t.signed() && a < b; before {
			return b - a
		}
		return a - b
	}
	if t.bits == 64 {
		d.in.run = lanes3(func(a, b, c uint64) uint64 { return distance(a, b) + c })
		return
	}
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		return uint32(t.truncate(distance(t.extend(uint64(a)), t.extend(uint64(b))) + uint64(c)))
	})
}

// dp4a adds the products of four bytes.
func (d *decoder) dp4a() {
	bt := d.dataType()
	at := d.dataType()
	if at.bits != 32 || bt.bits != 32 {
		return
	}
	result := typeU32
	if at.signed() || bt.signed() {
		result = dataTypes["s32"]
	}
	d.standard(3, result)
	a8, b8 := at, bt
	a8.bits, b8.bits = 8, 8
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		for i := 0; i < 32; i += 8 {
			c += uint32(a8.extend(uint64(a>>i)) * b8.extend(uint64(b>>i)))
		}
		return c
	})
}

// dp2a adds the products of two halves of a and two bytes of b.
func (d *decoder) dp2a() {
	bt := d.dataType()
	at := d.dataType()
	shift := map[string]int{"lo": 0, "hi": 16}[d.oneOf("lo", "hi")]
	if at.bits != 32 || bt.bits != 32 {
		return
	}
	d.standard(3, typeU32)
	a16, b8 := at, bt
	a16.bits, b8.bits = 16, 8
	d.in.run = lanes3(func(a, b, c uint32) uint32 {
		for i := range 2 {
			c += uint32(a16.extend(uint64(a>>(16*i))) * b8.extend(uint64(b>>(shift+8*i))))
		}
		return c
	})
}
