// Gpusuite runs ganlib's tests and measurements on a machine with an NVIDIA GPU and writes a report of
// them. It needs the programs that scripts/gpu.sh builds, the repository's files, and nothing else: no Go,
// no compiler, no network.
//
//	gpusuite -bin FOLDER -out FOLDER [-peers FOLDER]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// report is all that was found out.
type report struct {
	Date   string     `json:"date"`
	Card   string     `json:"card"` // as nvidia-smi describes it
	Listed string     `json:"listed"`
	Suites []suite    `json:"suites"`
	Timed  []timing   `json:"timings"`
	Peers  []peerTime `json:"peers,omitempty"`
}

func main() {
	bin := flag.String("bin", ".gpu", "the folder of the programs")
	out := flag.String("out", "", "the folder to write report.md, report.json and the tests' output to")
	peers := flag.String("peers", "", "the folder of PyTorch's programs, to be timed beside")
	quick := flag.Bool("quick", false, "run the tests only")
	flag.Parse()
	if *out == "" {
		fmt.Fprintln(os.Stderr, "gpusuite: -out: want a folder")
		os.Exit(2)
	}
	ok, err := do(*bin, *out, *peers, *quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gpusuite:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// do runs everything. A failing test is no error, but not ok.
func do(bin, out, peers string, quick bool) (ok bool, err error) {
	if bin, err = filepath.Abs(bin); err != nil {
		return false, err
	}
	r := report{Date: time.Now().UTC().Format(time.DateOnly), Card: card(), Listed: output(filepath.Join(bin, "ganlib"), "devices")}
	ok = true
	for _, p := range packages {
		s := p.run(bin, out)
		fmt.Println(s.line())
		r.Suites = append(r.Suites, s)
		ok = ok && s.ok()
		if err := write(out, r); err != nil { // what is known, should the time run out
			return false, err
		}
	}
	if quick {
		return ok, nil
	}
	for _, w := range workloads {
		t := w.measure(filepath.Join(bin, "ganlib"))
		fmt.Println(t.line())
		r.Timed = append(r.Timed, t)
		ok = ok && t.Error == ""
		if err := write(out, r); err != nil {
			return false, err
		}
	}
	if peers != "" {
		for _, p := range peerRuns {
			t := p.measure(peers)
			fmt.Println(t.line())
			r.Peers = append(r.Peers, t)
			if err := write(out, r); err != nil {
				return false, err
			}
		}
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
