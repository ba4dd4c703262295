package kernels

import "ganlib/device"

// Filling is a tensor and what every element of it becomes; a nil tensor is left out.
type Filling struct {
	T *device.Tensor
	V float64
}

// FillAll does several [Fill], in one launch on a GPU.
func FillAll(fillings ...Filling) error {
	var some [mostFillings]Filling // that a launch takes
	n := 0
	for _, f := range fillings {
		if f.T == nil {
			continue
		}
		if !onGPU(f.T) {
			if err := Fill(f.T, f.V); err != nil {
				return err
			}
			continue
		}
		if _, err := prepare("fill", 0, f.T); err != nil {
			return err
		}
		if n == mostFillings {
			if err := fillAllCUDA(some); err != nil {
				return err
			}
			some, n = [mostFillings]Filling{}, 0
		}
		some[n] = f
		n++
	}
	if n == 0 {
		return nil
	}
	return fillAllCUDA(some)
}
