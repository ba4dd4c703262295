// Package replay makes steps of a run again and compares: [Verify] a run with itself, byte for byte, and
// [Bisect] two runs with each other, to find the first step at which they part.
//
// Both rest on this: what a step computes is a function of the state before it, of the data and of the seed.
// On one engine the bytes are the same at all times, on any number of threads. Nothing is written into a run.
//
// Read verify.go first; files.go checks what needs no training, retrain.go trains.
package replay
