package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"ganlib/internal/words"
	"ganlib/report/events"
)

// isEvents reports whether a file of this name that begins so is meant to be one of TensorBoard's event files.
func isEvents(path string, head []byte) bool {
	return events.Sniff(head) || strings.Contains(filepath.Base(path), "tfevents")
}

// eventsFacts is what inspect prints of an event file; with --json, as it stands.
type eventsFacts struct {
	Path    string      `json:"path"`
	Kind    string      `json:"kind"`
	Bytes   int64       `json:"bytes"`
	Events  int         `json:"events"`
	Resumed []int64     `json:"resumed,omitempty"` // steps from which the training went on
	Tags    []*tagFacts `json:"tags"`
	Damage  string      `json:"damage,omitempty"` // where the file ends within a record, or a record is corrupt

	byTag map[tagKey]*tagFacts
}

// tagKey is what a row is about.
type tagKey struct{ tag, kind string }

// tagFacts is about the values of one kind under one tag.
type tagFacts struct {
	Tag       string   `json:"tag"`
	Kind      string   `json:"kind"` // scalar, image, histogram, text, hyper-parameters, or a plugin's name
	Count     int      `json:"count"`
	First     int64    `json:"first_step"`
	Last      int64    `json:"last_step"`
	Min       *float64 `json:"min,omitempty"` // of scalars that are finite
	Max       *float64 `json:"max,omitempty"`
	NotFinite int      `json:"not_finite"`
	Width     int      `json:"width,omitempty"` // of the last image
	Height    int      `json:"height,omitempty"`
}

// inspectEvents prints which tags an event file has, at which steps, and whether it is sound. A corrupt record is
// an error, after what comes before it is printed; a file that ends within one is not: it may be written just now.
func (a *app) inspectEvents(ctx context.Context, r io.ReaderAt, path string, size int64, asJSON bool) error {
	f := &eventsFacts{Path: path, Kind: "TensorBoard events", Bytes: size, byTag: map[tagKey]*tagFacts{}}
	damage := f.read(ctx, events.NewReader(io.NewSectionReader(r, 0, size)))
	if damage != nil && !errors.Is(damage, events.ErrTruncated) && !errors.Is(damage, events.ErrCorrupt) {
		return fmt.Errorf("inspect %s: %w", path, damage)
	}
	if damage != nil {
		f.Damage = damage.Error()
	}
	f.Tags = slices.SortedFunc(maps.Values(f.byTag), func(x, y *tagFacts) int {
		return cmp.Or(strings.Compare(x.Tag, y.Tag), strings.Compare(x.Kind, y.Kind))
	})
	var err error
	if asJSON {
		err = a.printJSON(f)
	} else {
		err = a.printEvents(f)
	}
	if err != nil {
		return err
	}
	switch {
	case errors.Is(damage, events.ErrCorrupt):
		return fmt.Errorf("inspect %s: %w", path, damage)
	case damage != nil && !asJSON:
		_, err = fmt.Fprintf(a.out, "\n%s: its writer is still at it, or was stopped\n", printable(damage.Error()))
	}
	return err
}

// read takes in all events, and returns nil after the last, or why there are no more.
func (f *eventsFacts) read(ctx context.Context, r *events.Reader) error {
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
		f.Events++
		if e.Start {
			f.Resumed = append(f.Resumed, e.Step)
		}
		for _, v := range e.Values {
			f.add(e.Step, v)
		}
	}
}

// add takes in one value.
func (f *eventsFacts) add(step int64, v events.Value) {
	kind := kindOf(v.Data)
	t := f.byTag[tagKey{v.Tag, kind}]
	if t == nil {
		t = &tagFacts{Tag: v.Tag, Kind: kind, First: step, Last: step}
		f.byTag[tagKey{v.Tag, kind}] = t
	}
	t.Count++
	t.First, t.Last = min(t.First, step), max(t.Last, step)
	switch data := v.Data.(type) {
	case events.Image:
		t.Width, t.Height = data.Width, data.Height
	case events.Scalar:
		x := float64(data)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.NotFinite++
			return
		}
		if t.Min == nil {
			t.Min, t.Max = new(x), new(x)
		}
		*t.Min, *t.Max = min(*t.Min, x), max(*t.Max, x)
	}
}

// kindOf names a kind of value.
func kindOf(d events.Data) string {
	switch d := d.(type) {
	case events.Scalar:
		return "scalar"
	case events.Image:
		return "image"
	case events.Histogram:
		return "histogram"
	case events.Text:
		return "text"
	case events.HParams:
		return "hyper-parameters"
	case events.Other:
		if d.Plugin != "" {
			return d.Plugin
		}
	}
	return "unknown"
}

func (a *app) printEvents(f *eventsFacts) error {
	fmt.Fprintf(a.out, "%s: %s, %s, %s\n", printable(f.Path), f.Kind, words.Counted(f.Events, "event"), megabytes(f.Bytes))
	for _, step := range f.Resumed {
		fmt.Fprintf(a.out, "the training went on from step %d: what older files have from there on is void\n", step)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nTAG\tKIND\tCOUNT\tFIRST STEP\tLAST STEP\tMIN\tMAX\tNOT FINITE")
	for _, t := range f.Tags {
		kind, lo, hi := t.Kind, "-", "-"
		if t.Kind == "image" {
			kind = fmt.Sprintf("image %d×%d", t.Width, t.Height)
		}
		if t.Min != nil {
			lo, hi = fmt.Sprintf("%.6g", *t.Min), fmt.Sprintf("%.6g", *t.Max)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t%d\n", printable(shortened(t.Tag)), printable(shortened(kind)), t.Count, t.First, t.Last, lo, hi, t.NotFinite)
	}
	return w.Flush()
}
