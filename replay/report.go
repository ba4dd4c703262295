package replay

import "fmt"

// State is how something compares with what it should be.
type State string

// The states, from best to worst.
const (
	Same      State = "same"      // every byte
	Unchecked State = "unchecked" // it could not be compared, or not byte for byte
	Differs   State = "differs"
)

// Finding is what was found about a part of a run.
type Finding struct {
	State  State  `json:"state"`
	Part   string `json:"part"`             // manifest, configuration, checkpoint, tables, pictures, data, losses
	File   string `json:"file,omitempty"`   // slash path within the run, or a file of the data
	Detail string `json:"detail"`           // one line: what is the same, or what differs and where
	Step   *int64 `json:"step,omitempty"`   // the first generator step that differs, from 0
	Tensor string `json:"tensor,omitempty"` // the first tensor that differs
	ULP    uint64 `json:"ulp,omitempty"`    // the largest difference, in units in the last place
}

// String says it in a line.
func (f Finding) String() string {
	what := f.Part
	if f.File != "" {
		what += " " + f.File
	}
	return fmt.Sprintf("%-9s  %s: %s", f.State, what, f.Detail)
}

// Report is what [Verify] found.
type Report struct {
	Run      string    `json:"run"`
	State    State     `json:"state"` // the worst of all findings
	From     int64     `json:"from"`  // generator steps done before the first that was made again
	To       int64     `json:"to"`    // and after the last
	Device   string    `json:"device,omitempty"`
	Findings []Finding `json:"findings"`

	// Told, if not nil, is called with each finding as it comes.
	told func(Finding)
}

// add adds a finding.
func (r *Report) add(f Finding) {
	rank := map[State]int{Same: 0, Unchecked: 1, Differs: 2}
	if r.State == "" || rank[f.State] > rank[r.State] {
		r.State = f.State
	}
	r.Findings = append(r.Findings, f)
	if r.told != nil {
		r.told(f)
	}
}

func (r *Report) same(part, file, format string, args ...any) {
	r.add(Finding{State: Same, Part: part, File: file, Detail: fmt.Sprintf(format, args...)})
}

func (r *Report) unchecked(part, file, format string, args ...any) {
	r.add(Finding{State: Unchecked, Part: part, File: file, Detail: fmt.Sprintf(format, args...)})
}

func (r *Report) differs(part, file, format string, args ...any) {
	r.add(Finding{State: Differs, Part: part, File: file, Detail: fmt.Sprintf(format, args...)})
}
