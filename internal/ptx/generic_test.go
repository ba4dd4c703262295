package ptx

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCheckSpaces(t *testing.T) {
	assert.NoError(t, checkSpaces("a.cu", "\tld.global.f32 \t%f1, [%rd1];\n\tst.shared.v4.f32 \t[%r1], {%f1};\n\tld.param.u64 \t%rd1, [p];\n"))
	for _, line := range []string{"\tst.u16 \t[%rd1], %rs1;", "\t@%p1 ld.v4.f32 \t{%f1}, [%rd1];", "\t@!%p1 st.f32 \t[%rd1], %f1;"} {
		assert.ErrorContains(t, checkSpaces("a.cu", "\tret;\n"+line+"\n"), "ptx: a.cu: ")
	}
}
