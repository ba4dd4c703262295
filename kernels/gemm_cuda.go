package kernels

import "ganlib/device"

var gemmPrograms = &precise{program("gemm"), program("gemm_tf32"), program("gemm_bf16")}

// gemmTilings are the versions for op(A)·op(B), by whether A and B are transposed.
var gemmTilings = map[[2]Trans][]tiling{
	{NoTrans, Transp}:  append(gemmWide("nt_"), tilingTall, tilingAny),
	{NoTrans, NoTrans}: append(gemmWide("nn_"), tilingAny),
	{Transp, NoTrans}:  append(gemmWide("tn_"), tilingAny),
	{Transp, Transp}:   {tilingAny},
}

func gemmWide(operands string) (list []tiling) {
	for _, t := range append([]tiling{tiling128x128, tiling64x64}, tensorTilings...) {
		t.name = operands + t.name
		list = append(list, t)
	}
	return list
}

// gemmNames are what products are called in a [Product].
var gemmNames = map[[2]Trans]string{
	{NoTrans, Transp}: "gemm_nt", {NoTrans, NoTrans}: "gemm_nn", {Transp, NoTrans}: "gemm_tn", {Transp, Transp}: "gemm_tt",
}

// gemmCUDA computes op(A)·op(B), of (M,K) and (K,N).
func gemmCUDA(c, a, b *device.Tensor, m, n, k int, ta, tb Trans, f finish) error {
	if done, err := gemvCUDA(c, a, b, m, n, k, ta, tb, f); done || err != nil {
		return err
	}
	if m == 1 {
		ta = NoTrans // a column lies in memory as a row does
	}
	if n == 1 {
		tb = Transp
	}
	lda, ldb := k, n
	if ta {
		lda = m
	}
	if tb {
		ldb = k
	}
	p := contraction{m: m, n: n, k: k, count: 1, a: fours(a, lda), b: fours(b, ldb), c: fours(c, n), slabs: true}
	operands := [2]Trans{ta, tb}
	return p.compute(gemmPrograms, gemmNames[operands], "gemm_", gemmTilings[operands], c, f, func(way cut, parts uint64) []uint64 {
		return []uint64{
			c.Address(), a.Address(), b.Address(), parts, addressOf(f.bias), single(f.slope), f.period(), flag(f.add),
			whole(m), whole(n), whole(k), whole(lda), whole(ldb), whole(way.slices), whole(way.depth), flag(bool(ta)), flag(bool(tb)), way.rounding(c),
		}
	})
}
