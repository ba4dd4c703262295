// Package conformance holds tests alone: of the whole library against PyTorch (TestGolden), of the
// gradient penalty against finite differences, and of the facts that the papers and tutorials state
// about their systems (TestCheckNN, numbered as in the project's list of them).
package conformance
