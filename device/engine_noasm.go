//go:build !amd64 || noasm

package device

// noEngine says why an engine is not available.
const noEngine = "this build has no assembly"

func (e Engine) available() bool { return e == EngineReference }
