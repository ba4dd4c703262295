package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ganlib/config"
	"ganlib/device"
	"ganlib/formats/onnx"
	"ganlib/interchange"
	"ganlib/internal/words"
)

func init() {
	exporters["onnx"] = exporter{
		about: "ONNX, for onnxruntime and other engines: z or an image in, any number at a time", suffixes: []string{".onnx"}, one: true,
		write: func(_ context.Context, w io.Writer, m *interchange.Model, which interchange.Which) ([]string, error) {
			net, err := m.Network(which)
			if err != nil {
				return nil, err
			}
			model, err := onnx.Export(net, onnxOptions(m, which))
			if err != nil {
				return nil, err
			}
			return nil, model.Write(w)
		},
	}
	fileFormats = append(fileFormats, fileFormat{
		name:    "ONNX",
		is:      func(path string, _ []byte) bool { return strings.HasSuffix(path, ".onnx") },
		inspect: inspectONNX,
	})
}

// onnxOptions names input and output, and says in the metadata what they are.
func onnxOptions(m *interchange.Model, which interchange.Which) onnx.Options {
	o := onnx.Options{ProducerVersion: strings.TrimPrefix(versionLine(), "ganlib "), Metadata: exportMetadata(m)}
	samples := "image"
	if m.Networks.Generator.Output().Rank() == 1 {
		samples = "points"
	}
	z := "normal, mean 0, standard deviation 1"
	if m.Config.ZDist == "uniform" {
		z = "uniform, -1 to 1"
	}
	if which == interchange.Critic {
		o.Input, o.Output = samples, "score"
		if samples == "image" {
			o.Metadata["input_range"] = "[-1,1]"
			if m.Config.DataRange == config.RangeUnit {
				o.Metadata["input_range"] = "[0,1]"
			}
		}
		o.Doc = fmt.Sprintf("Critic of preset %s: a score for each %s of %s.", m.Config.Preset, strings.TrimSuffix(samples, "s"), planar(m.Networks.Critic.Input()))
		return o
	}
	o.Input, o.Output = "z", samples
	o.Metadata["z_distribution"] = z
	o.Doc = fmt.Sprintf("Generator of preset %s: %s of %s from z of %s (%s), in evaluation mode.", m.Config.Preset, samples,
		planar(m.Networks.Generator.Output()), planar(m.Networks.Generator.Input()), z)
	return o
}

// planar writes a sample's shape with its batch: (N,3,64,64).
func planar(s device.Shape) string {
	if s.Rank() == 3 {
		return fmt.Sprintf("(N,%d,%d,%d)", s[2], s[0], s[1])
	}
	return fmt.Sprintf("(N,%d)", s.Len())
}

// exportMetadata is what an exported file says about its run: what a checkpoint says, under the same keys, but
// for where the data were on this machine.
func exportMetadata(m *interchange.Model) map[string]string {
	meta := map[string]string{
		"preset": m.Config.Preset, "variant": m.Config.Variant, "ganlib_version": versionLine(),
		"generator_steps": strconv.FormatInt(m.Progress.GeneratorSteps, 10),
	}
	for key, value := range config.Map(m.Config) {
		if key != "DATA_ROOT" {
			meta["config."+key] = value
		}
	}
	return meta
}

// inspectONNX shows the operations and the ends of a model as metadata beside its own, and its tensors.
func inspectONNX(r io.ReaderAt, size int64) (*inspected, error) {
	m, err := onnx.Read(r, size)
	if err != nil {
		return nil, err
	}
	out := &inspected{kind: fmt.Sprintf("ONNX, IR version %d", m.IRVersion), metadata: map[string]string{}}
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		out.kind += fmt.Sprintf(", opset %s", strings.TrimSpace(domain+" "+strconv.FormatInt(m.Opsets[domain], 10)))
	}
	out.metadata["[producer]"] = strings.TrimSpace(m.Producer + " " + m.ProducerVersion)
	if m.Doc != "" {
		out.metadata["[doc]"] = m.Doc
	}
	counts := map[string]int{}
	for _, n := range m.Graph.Nodes {
		counts[strings.TrimPrefix(n.Domain+"."+n.Op, ".")]++
	}
	var nodes []string
	for _, op := range slices.Sorted(maps.Keys(counts)) {
		nodes = append(nodes, fmt.Sprintf("%d %s", counts[op], op))
	}
	out.metadata["[nodes]"] = words.List(nodes)
	out.metadata["[inputs]"], out.metadata["[outputs]"] = onnxValues(m.Graph.Inputs), onnxValues(m.Graph.Outputs)
	maps.Copy(out.metadata, m.Metadata)
	for i := range m.Graph.Initializers {
		t := &m.Graph.Initializers[i]
		shape := make([]int, len(t.Dims))
		for k, d := range t.Dims {
			shape[k] = int(d)
		}
		n, err := t.Len()
		if err != nil {
			return nil, fmt.Errorf("tensor %s: %w", printable(shortened(t.Name)), err)
		}
		out.tensors = append(out.tensors, inspectedTensor{t.Name, t.Type.String(), shape, n, func() (tensorStats, error) {
			values, err := t.Float64s()
			if err != nil { // no numbers, or they lie elsewhere
				return tensorStats{lo: "-", hi: "-"}, nil
			}
			return floatStats(values), nil
		}})
	}
	return out, nil
}

// onnxValues writes inputs or outputs: "z float (N,100,1,1)".
func onnxValues(values []onnx.Value) string {
	var described []string
	for _, v := range values {
		dims := make([]string, len(v.Dims))
		for i, d := range v.Dims {
			dims[i] = d.String()
		}
		described = append(described, fmt.Sprintf("%s %v (%s)", v.Name, v.Type, strings.Join(dims, ",")))
	}
	return words.List(described)
}
