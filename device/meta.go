package device

// Meta is a device without memory: kernels check their arguments, count their operations and
// return. Running a step on it shows that the shapes fit and how much memory the step will take.
type Meta struct {
	counter *Counter
	words   int
	stands  *CPU
	notes   any
}

// NewMeta returns a meta device.
func NewMeta() *Meta { return &Meta{} }

// NewMetaFor returns a meta device that stands for another one: kernels also note what memory they
// would take there beside tensors.
func NewMetaFor(dev Device) *Meta {
	cpu, _ := dev.(*CPU)
	return &Meta{stands: cpu}
}

// CPU returns the processor that the device stands for, nil if it stands for none.
func (d *Meta) CPU() *CPU { return d.stands }

// Notes returns what kernels keep with the device. The first call makes it.
func (d *Meta) Notes(make func() any) any {
	if d.notes == nil {
		d.notes = make()
	}
	return d.notes
}

func (d *Meta) String() string { return "meta" }

// New implements [Device].
func (d *Meta) New(shape Shape) (*Tensor, error) {
	if !shape.Valid() {
		return nil, &ShapeError{Op: "device: new tensor", Arg: "shape", Got: shape, Want: "want one to four positive dimensions"}
	}
	d.words += shape.Len()
	return &Tensor{dev: d, shape: shape, err: ErrMeta}, nil
}

// NewBytes implements [Device].
func (d *Meta) NewBytes(data []byte) (*Bytes, error) {
	return &Bytes{dev: d, data: data, length: len(data)}, nil
}

// Allocated returns the bytes that all tensors made so far would take in float32.
func (d *Meta) Allocated() int { return 4 * d.words }

// Sync implements [Device].
func (d *Meta) Sync() error { return nil }

// Close implements [Device].
func (d *Meta) Close() error { return nil }

// Counter implements [Device].
func (d *Meta) Counter() *Counter { return d.counter }

// SetCounter implements [Device].
func (d *Meta) SetCounter(c *Counter) { d.counter = c }
