package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
)

// workload is a training that is timed, with and without a graph.
type workload struct {
	name string
	args []string
}

var workloads = []workload{
	{"CatFaces, features 64, batch 32", []string{"--preset", "catfaces"}},
	{"CatFaces, features 64, batch 32, TF32", []string{"--preset", "catfaces", "--precision", "tf32"}},
	{"CatFaces, features 64, batch 32, bfloat16", []string{"--preset", "catfaces", "--precision", "bf16"}},
	{"CatFaces, features 64, batch 128, TF32", []string{"--preset", "catfaces", "--set", "BATCH_SIZE=128", "--precision", "tf32"}},
	{"CatFaces, features 64, batch 128", []string{"--preset", "catfaces", "--set", "BATCH_SIZE=128"}},
	{"CatFaces, features 16, batch 32", []string{"--preset", "catfaces", "--set", "FEATURES_CRITIC=16", "--set", "FEATURES_GEN=16"}},
	{"MNIST MLP WGAN-GP, batch 64", []string{"--preset", "mnist-mlp-wgangp"}},
	{"DCGAN 16, batch 64", []string{"--preset", "dcgan16"}},
	{"Keras-style WGAN, batch 128", []string{"--preset", "keras-wgan"}},
}

// timing is what ganlib bench says of a workload.
type timing struct {
	Name    string          `json:"name"`
	Graph   float64         `json:"ms_graph"` // milliseconds an iteration
	Single  float64         `json:"ms_no_graph"`
	Kernels []kernelTime    `json:"kernels"`
	Rest    float64         `json:"rest_ms"` // of the iteration as a graph, beside the kernels
	Error   string          `json:"error,omitempty"`
	Report  json.RawMessage `json:"report,omitempty"`
}

type kernelTime struct {
	Name         string  `json:"name"`
	Calls        float64 `json:"calls"`
	Milliseconds float64 `json:"ms"`
	GBs          float64 `json:"gb_per_s"`
	TFLOPS       float64 `json:"tflops"`
	Bound        string  `json:"bound"`
	Share        float64 `json:"share"`
}

func (t timing) line() string {
	return fmt.Sprintf("%s: %.4g ms as a graph, %.4g ms launch by launch %s", t.Name, t.Graph, t.Single, t.Error)
}

func (w workload) measure(ganlib string) timing {
	t := timing{Name: w.name}
	for _, mode := range [][]string{nil, {"--no-graph"}} {
		var r struct {
			PerIteration float64      `json:"ms_per_iteration"`
			Kernels      []kernelTime `json:"kernels"`
			Rest         float64      `json:"rest_ms"`
		}
		args := append([]string{"bench", "--device", "cuda", "--rounds", "5", "--json"}, append(w.args, mode...)...)
		text, err := commandOutput(ganlib, args...)
		if err == nil {
			err = json.Unmarshal([]byte(text), &r)
		}
		if err != nil {
			t.Error = err.Error()
			return t
		}
		if mode == nil {
			t.Graph, t.Kernels, t.Rest, t.Report = r.PerIteration, r.Kernels, r.Rest, json.RawMessage(text)
		} else {
			t.Single = r.PerIteration
		}
	}
	return t
}

// race runs PyTorch's programs and ganlib in turn and returns a table.
func race(ganlib, only string) string {
	args := []string{"scripts/peers/race.py", "--ganlib", ganlib, "--python", "python3", "--device", "cuda", "--rounds", "7"}
	if only != "" {
		args = append(args, "--only", only)
	}
	text, err := commandOutput("python3", args...)
	if err != nil {
		text += "\n" + err.Error()
	}
	return strings.TrimSpace(text)
}

// card describes the GPU, its driver and its clocks.
func card() string {
	return output("nvidia-smi", "--query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm,clocks.mem,power.limit", "--format=csv,noheader")
}

// output returns what a program prints, or why it does not.
func output(name string, args ...string) string {
	text, err := commandOutput(name, args...)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(text)
}

func commandOutput(name string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(errs.String())
		return out.String(), fmt.Errorf("%s: %w: %s", name, err, text[max(len(text)-600, 0):])
	}
	return out.String(), nil
}
