package cli

import (
	"fmt"
	"io"
	"strings"

	"ganlib/formats/torchfile"
	"ganlib/internal/words"
)

// inspectTorch lists the tensors of a file of torch.save under the path of keys that leads to them, and what
// else is in it as metadata.
func inspectTorch(r io.ReaderAt, size int64) (*inspected, error) {
	file, err := torchfile.Read(r, size)
	if err != nil {
		return nil, err
	}
	out := &inspected{kind: fmt.Sprintf("PyTorch, %s format", file.Format()), metadata: map[string]string{}}
	err = torchfile.Walk(file.Root(), func(path string, value any) error {
		t, ok := value.(*torchfile.Tensor)
		if !ok {
			out.metadata[path] = torchText(value)
			return nil
		}
		out.tensors = append(out.tensors, inspectedTensor{path, string(t.DType()), t.Shape(), t.Len(), func() (tensorStats, error) { return torchStats(t) }})
		return nil
	})
	return out, err
}

// torchText writes a plain value as Python does, texts without quotes.
func torchText(value any) string {
	switch value := value.(type) {
	case nil:
		return "None"
	case bool:
		if value {
			return "True"
		}
		return "False"
	case *torchfile.Dict:
		return "{}"
	case *torchfile.List:
		return "[" + torchTexts(value.Items) + "]"
	case torchfile.Tuple:
		return "(" + torchTexts(value) + ")"
	case torchfile.DType:
		return "torch." + string(value)
	case []byte:
		return words.Counted(len(value), "byte")
	}
	return fmt.Sprint(value)
}

// torchTexts writes as many values as are printed, with commas.
func torchTexts(values []any) string {
	var texts []string
	for _, v := range values[:min(len(values), 200)] {
		texts = append(texts, torchText(v))
	}
	return strings.Join(texts, ", ")
}

// torchStats reads a tensor; of types that are not read as numbers it gives dashes.
func torchStats(t *torchfile.Tensor) (tensorStats, error) {
	if values, err := t.Float64s(); err == nil {
		return floatStats(values), nil
	}
	if values, err := t.Int64s(); err == nil {
		return intStats(values), nil
	}
	_, err := t.Bytes() // whose error is the file's, if it has one
	return tensorStats{lo: "-", hi: "-"}, err
}
