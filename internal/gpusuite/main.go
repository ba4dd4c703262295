// Gpusuite runs ganlib's tests and measurements on a machine with an NVIDIA GPU and writes a report of
// them. It needs the programs that scripts/gpu.sh builds, the repository's files, and nothing else: no Go,
// no compiler, no network.
//
//	gpusuite -bin FOLDER -out FOLDER [-only tests,timings,cats,long,race] [-races REGEXP]
//
// Cats trains on photographs, which -data names, as a user would, and keeps samples; long trains from one seed in each
// precision, to see that they learn the same. Both can be tried on another device: -device, -train.
//
//	gpusuite -model FOLDER
//
// prints the floors of an iteration's launches on an H100, from a plan, beside what ganlib bench and ganlib tune have
// measured (bench_PRECISION.json, tune_PRECISION.json in the folder). It needs no GPU.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// results are all that was found out.
type results struct {
	Date   string    `json:"date"`
	Card   string    `json:"card"` // as nvidia-smi describes it
	Listed string    `json:"listed"`
	Suites []suite   `json:"suites"`
	Timed  []timing  `json:"timings"`
	Cats   []catsRun `json:"cats,omitempty"`
	Long   []longRun `json:"long,omitempty"`
	Race   string    `json:"race,omitempty"` // PyTorch's programs beside ganlib, a table in Markdown
}

// options are the flags.
type options struct {
	bin, out, only, races           string
	data, device, precisions, train string
	epochs, model                   string
	steps                           int
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", ".gpu", "the folder of the programs")
	flag.StringVar(&o.out, "out", "", "the folder to write report.md, report.json, pictures and the tests' output to")
	flag.StringVar(&o.only, "only", "tests,timings", "what to do, of "+strings.Join(parts, ", ")+"; race needs a python3 that has PyTorch")
	flag.StringVar(&o.races, "races", "", "which races, as race.py's --only has it")
	flag.StringVar(&o.data, "data", "", "photographs for cats and long, a folder or an archive; long draws faces without it")
	flag.StringVar(&o.precisions, "precisions", "float32,tf32,bf16", "of cats and long")
	flag.StringVar(&o.epochs, "epochs", "15", "of cats")
	flag.IntVar(&o.steps, "steps", 1000, "of long")
	flag.StringVar(&o.device, "device", "cuda", "of cats and long")
	flag.StringVar(&o.train, "train", "", "more arguments of ganlib train for cats and long, such as '--set FEATURES_GEN=8'")
	flag.StringVar(&o.model, "model", "", "print the floors of an iteration's launches beside what is in this folder, and do nothing else")
	flag.Parse()
	if o.model != "" {
		if err := writeModel(os.Stdout, o.model); err != nil {
			fmt.Fprintln(os.Stderr, "gpusuite:", err)
			os.Exit(1)
		}
		return
	}
	if err := o.check(); err != nil {
		fmt.Fprintln(os.Stderr, "gpusuite:", err)
		os.Exit(2)
	}
	ok, err := do(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpusuite:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// parts are what -only may name.
var parts = []string{"tests", "timings", "cats", "long", "race"}

func (o options) wants(part string) bool { return slices.Contains(strings.Split(o.only, ","), part) }

// check refuses flags that nothing can be done with.
func (o options) check() error {
	for part := range strings.SplitSeq(o.only, ",") {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("-only %s: want some of %s", part, strings.Join(parts, ","))
		}
	}
	for p := range strings.SplitSeq(o.precisions, ",") {
		if !slices.Contains([]string{"float32", "tf32", "bf16"}, p) {
			return fmt.Errorf("-precisions %s: want some of float32,tf32,bf16", p)
		}
	}
	switch {
	case o.out == "":
		return errors.New("-out: want a folder")
	case o.wants("cats") && o.data == "":
		return errors.New("-data: want a folder or an archive of photographs for cats")
	case o.steps < 1:
		return fmt.Errorf("-steps %d: want at least 1", o.steps)
	}
	return nil
}

// do runs everything. A failing test is no error, but not ok.
func do(o options) (ok bool, err error) {
	bin, out := o.bin, o.out
	if bin, err = filepath.Abs(bin); err != nil {
		return false, err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return false, err
	}
	r := results{Date: time.Now().UTC().Format(time.DateOnly), Card: card(), Listed: output(filepath.Join(bin, "ganlib"), "devices")}
	ok = true
	for _, p := range packages {
		if !o.wants("tests") {
			break
		}
		s := p.run(bin, out)
		fmt.Println(s.line())
		r.Suites = append(r.Suites, s)
		ok = ok && s.ok()
		if err := write(out, r); err != nil { // what is known, should the time run out
			return false, err
		}
	}
	for _, w := range workloads {
		if !o.wants("timings") {
			break
		}
		t := w.measure(filepath.Join(bin, "ganlib"))
		fmt.Println(t.line())
		r.Timed = append(r.Timed, t)
		ok = ok && t.Error == ""
		if err := write(out, r); err != nil {
			return false, err
		}
	}
	t := training{filepath.Join(bin, "ganlib"), o.device, o.data, strings.Fields(o.train)}
	for precision := range strings.SplitSeq(o.precisions, ",") {
		if !o.wants("cats") {
			break
		}
		r.Cats = append(r.Cats, t.cats(precision, o.epochs, out))
		ok = ok && r.Cats[len(r.Cats)-1].Error == ""
		if err := write(out, r); err != nil {
			return false, err
		}
	}
	for precision := range strings.SplitSeq(o.precisions, ",") {
		if !o.wants("long") {
			break
		}
		r.Long = append(r.Long, t.long(precision, o.steps))
		ok = ok && r.Long[len(r.Long)-1].ok()
		if err := write(out, r); err != nil {
			return false, err
		}
	}
	if r.Cats != nil {
		fmt.Println(catsTable(r.Cats))
	}
	if r.Long != nil {
		fmt.Println(longTable(r.Long))
	}
	if o.wants("race") {
		r.Race = race(filepath.Join(bin, "ganlib"), o.races)
		fmt.Println(r.Race)
		return ok, write(out, r)
	}
	return ok, nil
}

// write writes both files of the report.
func write(out string, r results) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "report.json"), append(data, '\n'), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "report.md"), []byte(r.markdown()), 0o666)
}
