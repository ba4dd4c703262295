package runs_test

import (
	"errors"
	"fmt"
	"io"
	"os"

	"ganlib/runs"
)

func Example() {
	root, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(root) }()

	run, err := runs.Create(root, "train", map[string][]byte{runs.ConfigFile: []byte("SEED: 1\n")})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = runs.WriteFile(run.CheckpointPath(938), func(w io.Writer) error {
		_, err := io.WriteString(w, "the state")
		return err
	})
	fmt.Println(run.Name(), err)

	again, err := runs.Find(run.CheckpointPath(938))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("in use:", errors.Is(again.Lock(), runs.ErrLocked))
	_ = run.Close()
	fmt.Println("in use:", errors.Is(again.Lock(), runs.ErrLocked))
	latest, err := again.Latest()
	fmt.Println(latest.Step, err)
	_ = again.Close()
	// Output:
	// train0 <nil>
	// in use: true
	// in use: false
	// 938 <nil>
}
