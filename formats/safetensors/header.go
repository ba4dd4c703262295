package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxRank is the most dimensions that a tensor may have, as in NumPy and PyTorch.
const maxRank = 64

// parseHeader reads the JSON header of a file with dataSize bytes of elements and checks it as the
// reference implementation does, and two things beyond: no name may appear twice, where the
// reference takes the last, and the header begins with a brace, as the format demands.
func parseHeader(header []byte, dataSize int64) ([]Info, map[string]string, error) {
	switch {
	case !utf8.Valid(header):
		return nil, nil, errors.New("want UTF-8")
	case len(header) == 0 || header[0] != '{':
		return nil, nil, errors.New("want an opening brace as its first byte")
	case !json.Valid(header):
		return nil, nil, errors.New("want one JSON object, padded with white space")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	d.UseNumber()
	var infos []Info
	metadata := map[string]string{}
	err := eachMember(d, func(name string) error {
		if name == MetadataKey {
			return eachMember(d, func(key string) (err error) {
				metadata[key], err = readString(d)
				return err
			})
		}
		in, err := parseInfo(d)
		in.Name = name
		infos = append(infos, in)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if err := checkOffsets(infos, dataSize); err != nil {
		return nil, nil, err
	}
	return infos, metadata, nil
}

// parseInfo reads one tensor's entry. Members that the format does not name are ignored.
func parseInfo(d *json.Decoder) (in Info, err error) {
	var offsets []int64
	var hasType, hasShape bool
	err = eachMember(d, func(key string) error {
		switch key {
		case "dtype":
			s, err := readString(d)
			in.DType, hasType = DType(s), true
			return err
		case "shape":
			dims, err := readInts(d, maxRank)
			for _, n := range dims {
				if int64(int(n)) != n {
					return fmt.Errorf("dimension %d: too large for this machine", n)
				}
				in.Shape = append(in.Shape, int(n))
			}
			hasShape = true
			return err
		case "data_offsets":
			offsets, err = readInts(d, 2)
			return err
		}
		var ignored json.RawMessage
		return d.Decode(&ignored)
	})
	switch {
	case err != nil:
		return in, err
	case !hasType || !hasShape || len(offsets) != 2:
		return in, errors.New("want dtype, shape and two data_offsets")
	case offsets[0] > offsets[1]:
		return in, fmt.Errorf("data_offsets %v: want begin <= end", offsets)
	}
	in.begin, in.end = offsets[0], offsets[1]
	elements, size, err := byteCount(in.DType, in.Shape)
	if err != nil {
		return in, err
	}
	if got := in.end - in.begin; got != int64(size) {
		return in, fmt.Errorf("data_offsets %v hold %d bytes: want %d for shape %v of %s",
			offsets, got, size, in.Shape, in.DType)
	}
	in.elements = elements
	return in, nil
}

// checkOffsets sorts infos by offset and checks that they cover dataSize bytes without gap or overlap.
func checkOffsets(infos []Info, dataSize int64) error {
	slices.SortFunc(infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.Name, b.Name))
	})
	var end int64
	for _, in := range infos {
		if in.begin != end {
			return fmt.Errorf("tensor %s: data_offsets [%d %d]: want begin %d, where the tensor before it ends",
				shorten(in.Name), in.begin, in.end, end)
		}
		end = in.end
	}
	if end != dataSize {
		return fmt.Errorf("tensors take %d bytes, the file has %d after the header: want the same", end, dataSize)
	}
	return nil
}

// eachMember reads an object and calls f with every key, f reads the value. Errors name the key.
func eachMember(d *json.Decoder, f func(key string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("want an object")
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := readString(d)
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s appears twice", shorten(key))
		}
		seen[key] = true
		if err := f(key); err != nil {
			return fmt.Errorf("%s: %w", shorten(key), err)
		}
	}
	_, err := d.Token()
	return err
}

func readString(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if s, ok := t.(string); ok && err == nil {
		return s, nil
	}
	return "", errors.New("want a string")
}

// readInts reads a list of at most limit integers >= 0.
func readInts(d *json.Decoder, limit int) ([]int64, error) {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.New("want a list of integers")
	}
	var list []int64
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		digits, ok := t.(json.Number)
		n, err := strconv.ParseUint(digits.String(), 10, 63)
		if !ok || err != nil {
			return nil, fmt.Errorf("%s: want an integer from 0 to 2^63-1", shorten(fmt.Sprint(t)))
		}
		if len(list) == limit {
			return nil, fmt.Errorf("want at most %d integers", limit)
		}
		list = append(list, int64(n))
	}
	_, err := d.Token()
	return list, err
}
