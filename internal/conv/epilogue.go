package conv

// Epilogue is what is done to outputs while they are in the cache. The zero Epilogue is nothing.
type Epilogue struct {
	Bias []float32 // added to every output, if not nil
}

// apply finishes the rows lo to hi and columns left to right of y, which has o columns.
func (e Epilogue) apply(y []float32, o, lo, hi, left, right int) {
	if e.Bias == nil {
		return
	}
	bias := e.Bias[left:right]
	for r := lo; r < hi; r++ {
		row := y[r*o+left : r*o+right]
		for i, b := range bias {
			row[i] += b
		}
	}
}
