package device

// SetTuning gives the GPU what package kernels has measured on such a card (kernels.Tuning, opaque here), for
// everything done from now on. nil: nothing.
func (d *CUDA) SetTuning(t any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tuning = t
}

// Tuning returns what SetTuning has set.
func (d *CUDA) Tuning() any {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tuning
}
