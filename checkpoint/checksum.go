package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"strings"

	"ganlib/formats/safetensors"
)

// ErrDamaged is wrapped by the error for a checkpoint that is not what was written, or that the disk cannot
// read any more.
var ErrDamaged = errors.New("the file is damaged")

// The metadata that hold checksums: CRC-32C, in eight hexadecimal digits.
const (
	tensorSums = "crc32c.tensors" // a JSON object: of each tensor's bytes in the file, by its name
	headerSum  = "crc32c.header"  // of all other metadata, and of the tensors' names, types and shapes; the same in all versions
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// addChecksums adds to a checkpoint's metadata the checksums of its tensors and of the metadata. It calls
// rest after each tensor.
func addChecksums(meta map[string]string, tensors []safetensors.Tensor, rest func()) error {
	sums, shapes := map[string]string{}, map[string]string{}
	buf := make([]byte, 16<<10)
	for _, t := range tensors {
		sum, err := dataSum(t.Data, buf)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		sums[t.Name], shapes[t.Name] = hex(sum), describe(t.DType, t.Shape)
		rest()
	}
	text, err := json.Marshal(sums)
	if err != nil {
		return err
	}
	meta[tensorSums] = string(text)
	meta[headerSum] = hex(sumHeader(meta, shapes))
	return nil
}

func hex(sum uint32) string { return fmt.Sprintf("%08x", sum) }

// dataSum returns the checksum of what safetensors.Write makes of a tensor's data. It encodes in buf.
func dataSum(data any, buf []byte) (sum uint32, err error) {
	if floats, ok := data.(safetensors.Floats); ok {
		if data, err = floats(); err != nil {
			return 0, err
		}
	}
	switch v := data.(type) {
	case []float32:
		for part := range slices.Chunk(v, len(buf)/4) {
			for i, x := range part {
				binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(x))
			}
			sum = crc32.Update(sum, castagnoli, buf[:4*len(part)])
		}
	case []int64:
		for _, x := range v {
			sum = crc32.Update(sum, castagnoli, binary.LittleEndian.AppendUint64(buf[:0], uint64(x)))
		}
	default:
		return 0, fmt.Errorf("data of type %T: want []float32 or []int64", data)
	}
	return sum, nil
}

// sumHeader returns the checksum of metadata, but for itself, and of the tensors' descriptions by name.
func sumHeader(meta, shapes map[string]string) (sum uint32) {
	for _, texts := range []map[string]string{meta, shapes} {
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			if key != headerSum {
				sum = crc32.Update(sum, castagnoli, fmt.Appendf(nil, "%q:%q\n", key, texts[key]))
			}
		}
	}
	return sum
}

// describe returns what the header says of a tensor.
func describe(t safetensors.DType, shape []int) string {
	return string(t) + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), ","), "[]")
}

// checkHeader compares the header with its checksum, if it has one.
func (c *Checkpoint) checkHeader() error {
	want, ok := c.meta[headerSum]
	if !ok {
		return nil
	}
	shapes := map[string]string{}
	for _, name := range c.file.Names() {
		info, _ := c.file.Info(name)
		shapes[name] = describe(info.DType, info.Shape)
	}
	if got := hex(sumHeader(c.meta, shapes)); got != want {
		return fmt.Errorf("%w: the header has checksum %s, want %q", ErrDamaged, got, want)
	}
	return nil
}

// readSums reads the checksums of the tensors.
func (c *Checkpoint) readSums() error {
	if c.version == 1 {
		return nil
	}
	for _, key := range []string{headerSum, tensorSums} {
		if _, ok := c.meta[key]; !ok {
			return fmt.Errorf("%w: no metadata %s", ErrDamaged, key)
		}
	}
	if err := json.Unmarshal([]byte(c.meta[tensorSums]), &c.sums); err != nil {
		return fmt.Errorf("%w: metadata %s: %w", ErrDamaged, tensorSums, err)
	}
	return nil
}

// Verify reads all tensors and compares them with their checksums, which checkpoints of version 1 lack. The
// error names the first that is not what was written, and is [ErrDamaged].
func (c *Checkpoint) Verify() error {
	for _, name := range c.file.Names() {
		if err := c.checkTensor(name); err != nil {
			return fmt.Errorf("checkpoint: %s: %w", c.path, err)
		}
	}
	return nil
}

// checkTensor compares a tensor with its checksum.
func (c *Checkpoint) checkTensor(name string) error {
	if c.version == 1 { // it has none
		return nil
	}
	t, err := c.file.Tensor(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if got, want := hex(crc32.Checksum(t.Data.([]byte), castagnoli)), c.sums[name]; got != want {
		return fmt.Errorf("%w: tensor %q has checksum %s, want %q", ErrDamaged, name, got, want)
	}
	return nil
}
