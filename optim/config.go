package optim

import "ganlib/device"

// Config is the settings of an update rule: [AdamConfig], [RMSPropConfig], [SGDConfig], or a
// program's own.
type Config interface {
	// New returns an optimiser of value, which reads grad; see [NewAdam].
	New(value, grad *device.Tensor) (Optimizer, error)
	// Validate reports the first field that is out of range.
	Validate() error
}

// New implements [Config].
func (c AdamConfig) New(value, grad *device.Tensor) (Optimizer, error) {
	return NewAdam(value, grad, c)
}

// New implements [Config].
func (c RMSPropConfig) New(value, grad *device.Tensor) (Optimizer, error) {
	return NewRMSProp(value, grad, c)
}

// New implements [Config].
func (c SGDConfig) New(value, grad *device.Tensor) (Optimizer, error) { return NewSGD(value, grad, c) }
