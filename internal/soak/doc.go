// Package soak has the tests of a whole training with everything around it: page, clients, checkpoints, pictures
// and logs. One trains for long and looks for what grows; one, for the race detector, has all of them
// at work at once.
//
//	go test ./internal/soak
//	GANLIB_SOAK=100000 GANLIB_SOAK_OUT=docs go test -timeout 2h -run Soak ./internal/soak
//
// The second writes docs/soak.json and docs/soak.svg.
package soak
