//go:build !noasm

package device

import "golang.org/x/sys/cpu"

// noEngine says why an engine is not available.
const noEngine = "the processor or the operating system lacks its instructions"

// available reports whether this machine can run e: the processor has the instructions and the
// operating system keeps their registers.
func (e Engine) available() bool {
	x := &cpu.X86
	switch e {
	case EngineAVX512:
		return EngineAVX2.available() && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ
	case EngineAVX2:
		return x.HasAVX2 && x.HasFMA
	}
	return e == EngineReference
}
