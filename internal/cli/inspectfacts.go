package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"ganlib/checkpoint"
)

// fileFacts is what inspect prints with --json.
type fileFacts struct {
	Path      string            `json:"path"`
	Kind      string            `json:"kind"`
	Bytes     int64             `json:"bytes"`
	Step      *int64            `json:"step,omitempty"` // generator steps of a checkpoint
	Metadata  map[string]string `json:"metadata"`
	Tensors   []tensorFacts     `json:"tensors"`
	Elements  int               `json:"elements"`
	NotFinite int               `json:"not_finite"`
}

// tensorFacts is one tensor of a file.
type tensorFacts struct {
	Name      string      `json:"name"`
	Type      string      `json:"type"`
	Shape     []int       `json:"shape"`
	Elements  int         `json:"elements"`
	Min       json.Number `json:"min,omitempty"` // of the finite values, if there are any
	Max       json.Number `json:"max,omitempty"`
	NotFinite int         `json:"not_finite"`
}

// inspectJSON prints what a file holds.
func (a *app) inspectJSON(ctx context.Context, file *inspected, path string, size int64) error {
	f := fileFacts{Path: path, Kind: file.kind, Bytes: size, Metadata: file.metadata, Tensors: []tensorFacts{}}
	if f.Metadata == nil {
		f.Metadata = map[string]string{}
	}
	if f.Metadata["format"] == checkpoint.Format {
		var step int64
		if _, err := fmt.Sscan(f.Metadata["progress.generator_steps"], &step); err == nil {
			f.Step = &step
		}
	}
	for _, t := range file.tensors {
		if err := ctx.Err(); err != nil {
			return err
		}
		s, err := t.stats()
		if err != nil {
			return fmt.Errorf("inspect %s: %s: %w", path, shortened(t.name), err)
		}
		facts := tensorFacts{Name: t.name, Type: t.dtype, Shape: append([]int{}, t.shape...), Elements: t.elements, NotFinite: s.bad}
		if s.lo != "-" {
			facts.Min, facts.Max = json.Number(s.lo), json.Number(s.hi)
		}
		f.Tensors = append(f.Tensors, facts)
		f.Elements, f.NotFinite = f.Elements+t.elements, f.NotFinite+s.bad
	}
	return a.printJSON(f)
}
