package kernels

import "ganlib/device"

// criticLoss computes loss = mean onReal(real) + mean onFake(fake) and its gradients, the work of
// every critic's loss that is a sum over scores.
func criticLoss[F scoreFunc](op string, loss, dReal, dFake, real, fake *device.Tensor, onReal, onFake F) error {
	if err := sameShape(op, "real", real, "fake", fake); err != nil {
		return err
	}
	if err := sameShape(op, "real", real, "dReal", dReal); err != nil {
		return err
	}
	if err := sameShape(op, "fake", fake, "dFake", dFake); err != nil {
		return err
	}
	if err := oneNumber(op, "loss", loss); err != nil {
		return err
	}
	engine, err := prepare(op, scoreFlops*int64(real.Len()+fake.Len()), loss, dReal, dFake, real, fake)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		launch(loss, 1, 1, scoreLoss[float32, F]{device.Data[float32](loss), device.Data[float32](dReal), device.Data[float32](dFake), device.Data[float32](real), device.Data[float32](fake), onReal, onFake})
	case engineReference64:
		launch(loss, 1, 1, scoreLoss[float64, F]{device.Data[float64](loss), device.Data[float64](dReal), device.Data[float64](dFake), device.Data[float64](real), device.Data[float64](fake), onReal, onFake})
	case engineCUDA:
		return thenRound(scoreCUDA(loss, dReal, dFake, real, fake, onReal, onFake), loss, dReal, dFake)
	}
	return nil
}

// generatorLoss computes loss = mean onFake(fake) and its gradient.
func generatorLoss[F scoreFunc](op string, loss, dFake, fake *device.Tensor, onFake F) error {
	if err := sameShape(op, "fake", fake, "dFake", dFake); err != nil {
		return err
	}
	if err := oneNumber(op, "loss", loss); err != nil {
		return err
	}
	engine, err := prepare(op, scoreFlops*int64(fake.Len()), loss, dFake, fake)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference, engineFast:
		launch(loss, 1, 1, scoreLoss[float32, F]{loss: device.Data[float32](loss), dFake: device.Data[float32](dFake), fake: device.Data[float32](fake), onFake: onFake})
	case engineReference64:
		launch(loss, 1, 1, scoreLoss[float64, F]{loss: device.Data[float64](loss), dFake: device.Data[float64](dFake), fake: device.Data[float64](fake), onFake: onFake})
	case engineCUDA:
		return thenRound(scoreCUDA(loss, nil, dFake, nil, fake, onFake, onFake), loss, dFake)
	}
	return nil
}

// scoreFlops is a round figure for the operations that a loss takes for each score.
const scoreFlops = 10

// oneNumber checks that t holds a single number.
func oneNumber(op, arg string, t *device.Tensor) error {
	if t.Len() != 1 {
		return shapeError(op, arg, t, "want (1)")
	}
	return nil
}
