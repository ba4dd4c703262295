package ptxsim_test

import (
	"testing"

	"ganlib/device/driver/drivertest"
	"ganlib/device/ptxsim"
)

func TestDriver(t *testing.T) { drivertest.Run(t, ptxsim.New(ptxsim.Options{})) }
