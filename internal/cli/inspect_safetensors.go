package cli

import (
	"io"

	"ganlib/formats/safetensors"
)

func inspectSafetensors(r io.ReaderAt, size int64) (*inspected, error) {
	file, err := safetensors.Read(r, size)
	if err != nil {
		return nil, err
	}
	out := &inspected{kind: "safetensors", metadata: file.Metadata()}
	for _, name := range file.Names() {
		info, _ := file.Info(name)
		out.tensors = append(out.tensors, inspectedTensor{name, string(info.DType), info.Shape, info.Len(), func() (tensorStats, error) {
			return safetensorStats(file, info)
		}})
	}
	return out, nil
}

// safetensorStats reads a tensor; of types that are not read as numbers it gives dashes.
func safetensorStats(file *safetensors.File, info safetensors.Info) (tensorStats, error) {
	switch info.DType {
	case safetensors.F32, safetensors.F16, safetensors.BF16, safetensors.F64:
		values, _, err := file.Float64s(info.Name)
		return floatStats(values), err
	case safetensors.I64, safetensors.I32, safetensors.I16, safetensors.I8, safetensors.U32, safetensors.U16, safetensors.U8:
		values, _, err := file.Int64s(info.Name)
		return intStats(values), err
	}
	return tensorStats{lo: "-", hi: "-"}, nil
}
