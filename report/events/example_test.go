package events_test

import (
	"fmt"
	"os"

	"ganlib/report/events"
)

func Example() {
	dir, err := os.MkdirTemp("", "events")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	// A training that is killed after step 2, and goes on from a checkpoint of step 2.
	write := func(o events.Options, steps ...int64) error {
		f, err := events.Open(dir, o)
		if err != nil {
			return err
		}
		for _, step := range steps {
			e := events.Event{Step: step, Values: []events.Value{{Tag: "loss", Data: events.Scalar(1 / float32(step+1))}}}
			if err := f.Write(e); err != nil {
				return err
			}
		}
		return f.Close()
	}
	if err := write(events.Options{}, 0, 1, 2); err != nil {
		fmt.Println(err)
	}
	if err := events.Truncate(dir, func(e *events.Event) bool { return e.Step < 2 }); err != nil {
		fmt.Println(err)
	}
	if err := write(events.Options{Resumed: true, From: 2}, 2, 3); err != nil {
		fmt.Println(err)
	}

	err = events.ReadFolder(dir, func(e *events.Event) error {
		for _, v := range e.Values {
			fmt.Println(e.Step, v.Tag, v.Data)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0 loss 1
	// 1 loss 0.5
	// 2 loss 0.33333334
	// 3 loss 0.25
}
