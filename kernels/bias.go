package kernels

import "ganlib/device"

// AddBias adds b, of shape (C), to every row of y, whose last dimension is C.
func AddBias(y, b *device.Tensor) error {
	const op = "add bias"
	if b.Len() != y.Shape().Last() {
		return shapeError(op, "b", b, "want (%d) for y %v", y.Shape().Last(), y.Shape())
	}
	engine, err := prepare(op, int64(y.Len()), y, b)
	if err != nil {
		return err
	}
	grain := max(elementGrain/b.Len(), 1)
	switch engine {
	case engineReference:
		launch(y, y.Len()/b.Len(), grain, addBias[float32]{device.Data[float32](y), device.Data[float32](b)})
	case engineFast:
		launch(y, y.Len()/b.Len(), grain, biasLeakyReLUFast{device.Data[float32](y), device.Data[float32](b), 1, isaOf(y)})
	case engineReference64:
		launch(y, y.Len()/b.Len(), grain, addBias[float64]{device.Data[float64](y), device.Data[float64](b)})
	case engineCUDA:
		return addBiasCUDA(y, b, 1)
	}
	return nil
}

// biasLeakyReLUOp is what AddBiasLeakyReLU is counted as, in whatever operation it is done.
const biasLeakyReLUOp = "add bias leakyrelu"

// AddBiasLeakyReLU computes y = leaky(y + b) in place and in one pass, as [AddBias] and then [LeakyReLU]
// do. b, of shape (C), is added to every row of y, whose last dimension is C; nil is no bias.
func AddBiasLeakyReLU(y, b *device.Tensor, slope float64) error {
	const op = biasLeakyReLUOp
	if b != nil && b.Len() != y.Shape().Last() {
		return shapeError(op, "b", b, "want (%d) for y %v", y.Shape().Last(), y.Shape())
	}
	engine, err := prepare(op, 2*int64(y.Len()), y, b)
	if err != nil {
		return err
	}
	c := y.Shape().Last()
	grain := max(elementGrain/c, 1)
	switch engine {
	case engineReference:
		launch(y, y.Len()/c, grain, biasLeakyReLU[float32]{device.Data[float32](y), optional[float32](b), float32(slope), c})
	case engineFast:
		if b == nil {
			launch(y, y.Len(), elementGrain, leakyReLUFast{device.Data[float32](y), device.Data[float32](y), float32(slope), isaOf(y)})
			break
		}
		launch(y, y.Len()/c, grain, biasLeakyReLUFast{device.Data[float32](y), device.Data[float32](b), float32(slope), isaOf(y)})
	case engineReference64:
		launch(y, y.Len()/c, grain, biasLeakyReLU[float64]{device.Data[float64](y), optional[float64](b), slope, c})
	case engineCUDA:
		if b == nil {
			return leakyReLUCUDA(y, y, slope)
		}
		return addBiasCUDA(y, b, slope)
	}
	return nil
}

// BiasGrad adds to db, of shape (C), the sums of dy over all but its last dimension C. The sums are
// taken in float64: scores' gradients of +1/N and -1/N then cancel exactly, so that a critic's last
// bias never moves under a Wasserstein loss.
func BiasGrad(db, dy *device.Tensor) error {
	const op = "bias grad"
	if db.Len() != dy.Shape().Last() {
		return shapeError(op, "db", db, "want (%d) for dy %v", dy.Shape().Last(), dy.Shape())
	}
	engine, err := prepare(op, int64(dy.Len()), db, dy)
	if err != nil {
		return err
	}
	switch engine {
	case engineReference:
		launch(db, db.Len(), columnBlock, biasGrad[float32]{device.Data[float32](db), device.Data[float32](dy)})
	case engineFast:
		biasGradFast(db, dy)
	case engineReference64:
		launch(db, db.Len(), columnBlock, biasGrad[float64]{device.Data[float64](db), device.Data[float64](dy)})
	case engineCUDA:
		return thenRound(biasGradCUDA(db, dy), db)
	}
	return nil
}
