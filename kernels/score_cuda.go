package kernels

import "ganlib/device"

var scoreProgram = program("score")

// scoreCUDA computes a loss; real and dReal are nil in a generator's.
func scoreCUDA(loss, dReal, dFake, real, fake *device.Tensor, onReal, onFake scoreFunc) error {
	name, realA, realB := onReal.cuda()
	_, fakeA, fakeB := onFake.cuda()
	return cudaOf(loss).Launch(scoreProgram, name, [3]int{1, 1, 1}, [3]int{cudaThreads, 1, 1}, 0,
		loss.Address(), addressOf(dReal), dFake.Address(), addressOf(real), fake.Address(),
		double(realA), double(realB), double(fakeA), double(fakeB), whole(fake.Len()))
}

// cuda names a term's entry in score.cu and gives its two numbers.
func (f bce) cuda() (name string, a, b float64)         { return "score_bce", f.sign, f.weight }
func (f sigmoidBCE) cuda() (name string, a, b float64)  { return "score_sigmoid_bce", f.label, 0 }
func (f wasserstein) cuda() (name string, a, b float64) { return "score_wasserstein", f.sign, 0 }
func (f hinge) cuda() (name string, a, b float64)       { return "score_hinge", f.sign, 0 }
func (f leastSquares) cuda() (name string, a, b float64) {
	return "score_least_squares", f.target, f.factor
}
