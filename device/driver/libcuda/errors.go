package libcuda

import (
	"strings"

	"ganlib/device/driver"
)

// failure returns the error of a call, with the words of the library for its result.
func failure(lib Library, call string, r driver.Result) *driver.Error {
	err := &driver.Error{Call: call, Result: r}
	detail := lib.GetErrorString(r)
	if name := lib.GetErrorName(r); name != "" && !strings.Contains(err.Error(), name) {
		detail = strings.TrimSuffix(name+": "+detail, ": ")
	}
	err.Detail = detail
	return err
}

// refusal returns the error of a call that is not made.
func refusal(call string, r driver.Result, why string) error {
	return &driver.Error{Call: call, Result: r, Detail: why}
}
