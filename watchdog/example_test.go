package watchdog_test

import (
	"fmt"

	"ganlib/watchdog"
)

func ExampleKinds() {
	for _, k := range watchdog.Kinds() {
		fmt.Printf("%s: %s\n", k.Name, k.When)
	}
}
