package optim

import "ganlib/device"

// Config is the settings of an update rule: [AdamConfig], [RMSPropConfig], [SGDConfig], or a
// program's own.
type Config interface {
	// New returns an optimiser of value, which reads grad; see [NewAdam].
	New(value, grad *device.Tensor) (Optimizer, error)
	// Validate reports the fields that are out of range.
	Validate() error
}

// New implements [Config].
func (c AdamConfig) New(value, grad *device.Tensor) (Optimizer, error) {
	return orNil(NewAdam(value, grad, c))
}

// New implements [Config].
func (c RMSPropConfig) New(value, grad *device.Tensor) (Optimizer, error) {
	return orNil(NewRMSProp(value, grad, c))
}

// New implements [Config].
func (c SGDConfig) New(value, grad *device.Tensor) (Optimizer, error) {
	return orNil(NewSGD(value, grad, c))
}

// orNil returns a nil interface, not a nil pointer in one, with an error.
func orNil[P Optimizer](o P, err error) (Optimizer, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}
