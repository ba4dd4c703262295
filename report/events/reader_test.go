package events

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"ganlib/internal/enginetest"
)

// readAll returns the events of a file, and the error that ended it.
func readAll(data []byte) (list []Event, offset int64, err error) {
	r := NewReader(bytes.NewReader(data))
	for {
		e, err := r.Next()
		if err != nil {
			return list, r.Offset(), err
		}
		list = append(list, *e)
	}
}

// TestPython reads what TensorBoard's own writer wrote (testdata/make_python.py).
func TestPython(t *testing.T) {
	data, err := os.ReadFile("testdata/python.tfevents")
	require.NoError(t, err)
	list, offset, err := readAll(data)
	require.Equal(t, io.EOF, err)
	assert.EqualValues(t, len(data), offset)
	require.Len(t, list, 7)
	assert.Equal(t, version, list[0].Version)
	at := func(step int64) Event {
		return Event{Step: step, Time: time.Unix(1700000000+step, 250e6)}
	}
	want := at(3)
	want.Start = true
	assert.Equal(t, want, list[1])

	penalty, ok := list[2].Values[1].Data.(Scalar)
	require.True(t, ok)
	assert.True(t, math.IsNaN(float64(penalty)))
	list[2].Values = list[2].Values[:1]
	for i, v := range []Value{
		{"loss", Scalar(-1.5)},
		{"grid", Image{Width: 3, Height: 2, Channels: 3, Encoded: []byte("\x89PNG")}},
		{"weights", Histogram{Min: -1, Max: 3, Num: 4, Sum: 4, SumSquares: 12, Limits: []float64{0, 1, 3}, Counts: []float64{1, 2, 1}}},
		{"note", Text{"eins", "zwölf"}},
	} {
		want := at(int64(3 + i))
		want.Values = []Value{v}
		assert.Equal(t, want, list[2+i])
	}
	params, ok := list[6].Values[0].Data.(HParams)
	require.True(t, ok)
	assert.Equal(t, TagHParams, list[6].Values[0].Tag)
	assert.Equal(t, time.UnixMilli(12_500), params.Started)
	assert.ElementsMatch(t, []HParam{{"SEED", 1.0}, {"SHUFFLE", true}, {"VARIANT", "wgan-gp"}}, params.Params)
}

// sample holds every kind of data.
func sample() []Event {
	at := time.UnixMilli(1_700_000_000_125)
	return []Event{
		{Time: at, Version: version},
		{Time: at, Step: 9, Start: true},
		{Time: at, Step: 9, Values: []Value{{"a", Scalar(1.25)}, {"b/c", Scalar(math.Inf(-1))}}},
		{Time: at, Step: 1 << 40, Values: []Value{{"grid", Image{Width: 530, Height: 266, Channels: 3, Encoded: bytes.Repeat([]byte("png"), 100)}}}},
		{Time: at, Step: 10, Values: []Value{{"w", Histogram{Min: -1, Max: 1, Num: 3, Sum: 0.5, SumSquares: 2, Limits: []float64{0, 1}, Counts: []float64{1, 2}}}}},
		{Time: at, Step: 11, Values: []Value{{"text", Text{"| a |", "ü"}}}},
		{Time: at, Step: 11, Values: []Value{{TagHParams, HParams{Started: at, Params: []HParam{{"x", 0.5}, {"y", false}, {"z", "cat"}}}}}},
	}
}

func encode(t testing.TB, list []Event) (data []byte, ends []int) {
	t.Helper()
	for _, e := range list {
		var err error
		data, err = Append(data, e)
		require.NoError(t, err)
		ends = append(ends, len(data))
	}
	return data, ends
}

func TestRoundTrip(t *testing.T) {
	data, _ := encode(t, sample())
	list, _, err := readAll(data)
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, sample(), list)
}

// A file may end anywhere: whole records before the end are read, and half a one is named.
func TestTruncatedFile(t *testing.T) {
	data, ends := encode(t, sample())
	whole := 0
	for n := range data {
		if whole < len(ends) && n == ends[whole] {
			whole++
		}
		list, offset, err := readAll(data[:n])
		require.Len(t, list, whole)
		at := 0
		if whole > 0 {
			at = ends[whole-1]
		}
		require.EqualValues(t, at, offset)
		if n == at {
			require.Equal(t, io.EOF, err)
			continue
		}
		require.ErrorIs(t, err, ErrTruncated, n)
	}
}

// Every flipped bit is noticed, and what comes before it is read.
func TestCorruptFile(t *testing.T) {
	data, ends := encode(t, sample()[:3])
	for bit := range 8 * len(data) {
		bad := bytes.Clone(data)
		bad[bit/8] ^= 1 << (bit % 8)
		list, offset, err := readAll(bad)
		require.ErrorIs(t, err, ErrCorrupt, bit)
		whole := 0
		for bit/8 >= ends[whole] {
			whole++
		}
		require.Len(t, list, whole)
		require.LessOrEqual(t, offset, int64(bit/8))
	}
}

// record frames any payload.
func record(t testing.TB, payload []byte) []byte {
	b, err := closeRecord(append(openRecord(nil), payload...), 0)
	require.NoError(t, err)
	return b
}

func TestHostileFiles(t *testing.T) {
	length := func(n uint64) []byte {
		b := binary.LittleEndian.AppendUint64(nil, n)
		return binary.LittleEndian.AppendUint32(b, checksum(b))
	}
	field := func(n protowire.Number, data []byte) []byte { return appendBytes(nil, n, data) }
	many := field(eventSummary, bytes.Repeat(field(summaryValue, nil), maxParts+1))
	text := func(parts int) []byte {
		return field(summaryValue, append(
			field(valueTensor, bytes.Repeat(field(tensorStrings, nil), parts)),
			field(valueMetadata, field(metadataPlugin, field(pluginName, []byte(pluginText))))...))
	}
	params := field(eventSummary, field(summaryValue, field(valueMetadata, field(metadataPlugin, append(
		field(pluginName, []byte(pluginHParams)),
		field(pluginContent, field(hparamsStart, bytes.Repeat(field(startParams, nil), maxParts+1)))...)))))
	histogram := field(eventSummary, field(summaryValue, field(valueHistogram, field(histogramLimits, make([]byte, 8)))))
	odd := field(eventSummary, field(summaryValue, field(valueHistogram, field(histogramLimits, make([]byte, 7)))))
	for name, c := range map[string]struct {
		data []byte
		want error
		text string
	}{
		"length beyond the limit":  {length(maxRecord + 1), ErrCorrupt, "67108865 bytes: want at most 67108864"},
		"length of 2^64-1":         {length(math.MaxUint64), ErrCorrupt, "want at most"},
		"length without bytes":     {length(maxRecord), ErrTruncated, "byte 0"},
		"no protocol buffer":       {record(t, []byte{0xff}), ErrCorrupt, ""},
		"message beyond its end":   {record(t, []byte{eventSummary<<3 | 2, 9, 1}), ErrCorrupt, ""},
		"broken value":             {record(t, field(eventSummary, field(summaryValue, []byte{0xff}))), ErrCorrupt, ""},
		"too many values":          {record(t, many), ErrCorrupt, "more than 65536 parts"},
		"too many texts":           {record(t, field(eventSummary, text(maxParts))), ErrCorrupt, "more than 65536 parts"},
		"too many texts in all":    {record(t, field(eventSummary, bytes.Repeat(text(maxParts/8), 8))), ErrCorrupt, "more than 65536 parts"},
		"too many parameters":      {record(t, params), ErrCorrupt, "more than 65536 parts"},
		"limits without counts":    {record(t, histogram), ErrCorrupt, "1 limits and 0 counts"},
		"half a number":            {record(t, odd), ErrCorrupt, "list of numbers"},
		"text that is no record":   {[]byte("step,epoch,critic_loss\n1,2,3\n"), ErrCorrupt, "checksum of the length"},
		"zeros after a power loss": {make([]byte, 4096), ErrCorrupt, "checksum of the length"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []Event
			var err error
			enginetest.AllocatesAtMost(t, 4*len(c.data)+16<<20, func() { list, _, err = readAll(c.data) })
			assert.Empty(t, list)
			require.ErrorIs(t, err, c.want)
			assert.ErrorContains(t, err, c.text)
		})
	}
}

// What is unknown is passed over, as later versions of the format may have it.
func TestUnknownFields(t *testing.T) {
	value := appendString(nil, valueTag, "a")
	value = appendMust(t, value, valueTensor, appendInt(nil, tensorType, typeFloat))
	value = appendInt(value, 99, 1)
	payload := appendBytes(nil, eventSummary, appendBytes(nil, summaryValue, value))
	payload = appendDouble(payload, eventTime, math.Inf(1))
	payload = protowire.AppendFixed32(protowire.AppendTag(payload, 50, protowire.Fixed32Type), 7)
	payload = protowire.AppendTag(payload, 51, protowire.StartGroupType)
	payload = protowire.AppendTag(payload, 51, protowire.EndGroupType)
	list, _, err := readAll(record(t, payload))
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, []Event{{Values: []Value{{"a", Other{}}}}}, list)

	_, err = Append(nil, list[0])
	assert.ErrorContains(t, err, `events: write: tag "a": data that were read without being understood`)
}

func appendMust(t testing.TB, b []byte, field protowire.Number, message []byte) []byte {
	b, err := appendMessage(b, field, func(b []byte) ([]byte, error) { return append(b, message...), nil })
	require.NoError(t, err)
	return b
}

// A reader's own error is passed on.
func TestReadError(t *testing.T) {
	data, _ := encode(t, sample())
	broken := errors.New("cable")
	for _, n := range []int64{0, 5, 20, 100} {
		r := NewReader(io.MultiReader(bytes.NewReader(data[:n]), failing{broken}))
		var err error
		for err == nil {
			_, err = r.Next()
		}
		assert.ErrorIs(t, err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
