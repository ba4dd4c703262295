//go:build !race

package runner_test

const race = false
