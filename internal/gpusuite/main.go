// Gpusuite runs ganlib's tests and measurements on a machine with an NVIDIA GPU and writes a report of
// them. It needs the programs that scripts/gpu.sh builds, the repository's files, and nothing else: no Go,
// no compiler, no network.
//
//	gpusuite -bin FOLDER -out FOLDER [-only tests,timings,race] [-races REGEXP]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// report is all that was found out.
type report struct {
	Date   string   `json:"date"`
	Card   string   `json:"card"` // as nvidia-smi describes it
	Listed string   `json:"listed"`
	Suites []suite  `json:"suites"`
	Timed  []timing `json:"timings"`
	Race   string   `json:"race,omitempty"` // PyTorch's programs beside ganlib, a table in Markdown
}

func main() {
	bin := flag.String("bin", ".gpu", "the folder of the programs")
	out := flag.String("out", "", "the folder to write report.md, report.json and the tests' output to")
	only := flag.String("only", "tests,timings", "what to do, of tests, timings and race (which needs a python3 that has PyTorch)")
	races := flag.String("races", "", "which races, as race.py's --only has it")
	flag.Parse()
	if *out == "" {
		fmt.Fprintln(os.Stderr, "gpusuite: -out: want a folder")
		os.Exit(2)
	}
	ok, err := do(*bin, *out, *only, *races)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpusuite:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// do runs everything. A failing test is no error, but not ok.
func do(bin, out, only, races string) (ok bool, err error) {
	if bin, err = filepath.Abs(bin); err != nil {
		return false, err
	}
	r := report{Date: time.Now().UTC().Format(time.DateOnly), Card: card(), Listed: output(filepath.Join(bin, "ganlib"), "devices")}
	ok = true
	wanted := func(part string) bool { return strings.Contains(only, part) }
	for _, p := range packages {
		if !wanted("tests") {
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
		if !wanted("timings") {
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
	if wanted("race") {
		r.Race = race(filepath.Join(bin, "ganlib"), races)
		fmt.Println(r.Race)
		return ok, write(out, r)
	}
	return ok, nil
}

// write writes both files of the report.
func write(out string, r report) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "report.json"), append(data, '\n'), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "report.md"), []byte(r.markdown()), 0o666)
}
