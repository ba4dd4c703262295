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
	case engineReference, engineFast:
		launch(y, y.Len()/b.Len(), grain, addBias[float32]{device.Data[float32](y), device.Data[float32](b)})
	case engineReference64:
		launch(y, y.Len()/b.Len(), grain, addBias[float64]{device.Data[float64](y), device.Data[float64](b)})
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
	case engineReference, engineFast:
		launch(db, db.Len(), columnBlock, biasGrad[float32]{device.Data[float32](db), device.Data[float32](dy)})
	case engineReference64:
		launch(db, db.Len(), columnBlock, biasGrad[float64]{device.Data[float64](db), device.Data[float64](dy)})
	}
	return nil
}
