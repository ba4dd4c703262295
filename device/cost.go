package device

// Cost is the least that a launch has to do, whatever it really does: bytes that are read or written once each, and
// floating-point operations, of which a multiply-add counts two.
type Cost struct {
	Bytes, Flops int64
	Precision    Precision // of the operations
	Count        int       // products of (M,K) and (K,N); 0 if the kernel computes no product
	M, N, K      int
}
