package events

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// version is the format's name, in the first event of each file.
const version = "brain.Event:2"

// Numbers of the fields that are written and read, by message.
const (
	eventTime    = 1 // double, seconds since 1970
	eventStep    = 2
	eventVersion = 3
	eventSummary = 5
	eventSession = 7

	sessionStatus = 1
	sessionStart  = 1 // a status

	summaryValue = 1

	valueTag       = 1
	valueScalar    = 2
	valueImage     = 4
	valueHistogram = 5
	valueTensor    = 8
	valueMetadata  = 9

	imageHeight   = 1
	imageWidth    = 2
	imageChannels = 3
	imageEncoded  = 4

	histogramMin        = 1
	histogramMax        = 2
	histogramNum        = 3
	histogramSum        = 4
	histogramSumSquares = 5
	histogramLimits     = 6
	histogramCounts     = 7
)

// Append appends the record of an event to dst: a file is nothing but records, the first of an event
// with Version "brain.Event:2". A zero Time is written as it is, so that equal events give equal bytes.
// Text that is not UTF-8 gets replacement characters. Data that cannot be written are an error, and dst
// is returned as it was.
func Append(dst []byte, e Event) ([]byte, error) {
	b, err := appendEvent(openRecord(dst), e)
	if err == nil {
		b, err = closeRecord(b, len(dst))
	}
	if err != nil {
		return dst, fmt.Errorf("events: write: %w", err)
	}
	return b, nil
}

func appendEvent(b []byte, e Event) ([]byte, error) {
	b = appendDouble(b, eventTime, seconds(e.Time))
	b = appendInt(b, eventStep, e.Step)
	switch {
	case e.Version != "":
		return appendString(b, eventVersion, e.Version), nil
	case e.Start:
		return appendMessage(b, eventSession, func(b []byte) ([]byte, error) { return appendInt(b, sessionStatus, sessionStart), nil })
	}
	return appendMessage(b, eventSummary, func(b []byte) (_ []byte, err error) {
		for _, v := range e.Values {
			if b, err = appendMessage(b, summaryValue, v.appendTo); err != nil {
				return b, err
			}
		}
		return b, nil
	})
}

func (v Value) appendTo(b []byte) ([]byte, error) {
	b = appendString(b, valueTag, v.Tag)
	if v.Data == nil {
		return b, fmt.Errorf("tag %q: no data", v.Tag)
	}
	b, err := v.Data.appendTo(b)
	if err != nil {
		return b, fmt.Errorf("tag %q: %w", v.Tag, err)
	}
	return b, nil
}

func (s Scalar) appendTo(b []byte) ([]byte, error) {
	b = protowire.AppendTag(b, valueScalar, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, math.Float32bits(float32(s))), nil
}

func (m Image) appendTo(b []byte) ([]byte, error) {
	if m.Width < 1 || m.Height < 1 || m.Channels < 1 || m.Channels > 4 || len(m.Encoded) == 0 {
		return b, fmt.Errorf("image of %d×%d pixels, %d channels, %d bytes: want at least a pixel, 1 to 4 channels and an encoded picture", m.Width, m.Height, m.Channels, len(m.Encoded))
	}
	return appendMessage(b, valueImage, func(b []byte) ([]byte, error) {
		b = appendInt(b, imageHeight, int64(m.Height))
		b = appendInt(b, imageWidth, int64(m.Width))
		b = appendInt(b, imageChannels, int64(m.Channels))
		return appendBytes(b, imageEncoded, m.Encoded), nil
	})
}

func (h Histogram) appendTo(b []byte) ([]byte, error) {
	if len(h.Limits) != len(h.Counts) || len(h.Limits) == 0 {
		return b, fmt.Errorf("histogram with %d limits and %d counts: want as many, and at least one", len(h.Limits), len(h.Counts))
	}
	return appendMessage(b, valueHistogram, func(b []byte) ([]byte, error) {
		b = appendDouble(b, histogramMin, h.Min)
		b = appendDouble(b, histogramMax, h.Max)
		b = appendDouble(b, histogramNum, h.Num)
		b = appendDouble(b, histogramSum, h.Sum)
		b = appendDouble(b, histogramSumSquares, h.SumSquares)
		b = appendDoubles(b, histogramLimits, h.Limits)
		return appendDoubles(b, histogramCounts, h.Counts), nil
	})
}

func (o Other) appendTo(b []byte) ([]byte, error) {
	return b, errors.New("data that were read without being understood cannot be written")
}

// seconds is a time as the format has it; the zero time is 0.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

// appendMessage appends a message, written by body, as a field.
func appendMessage(b []byte, field protowire.Number, body func([]byte) ([]byte, error)) ([]byte, error) {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	// Its length comes first, and takes one byte for most messages: others are moved once they are there.
	at := len(b)
	b, err := body(append(b, 0))
	if err != nil {
		return b, err
	}
	length := uint64(len(b) - at - 1)
	if more := protowire.SizeVarint(length) - 1; more > 0 {
		b = append(b, make([]byte, more)...)
		copy(b[at+1+more:], b[at+1:len(b)-more])
	}
	protowire.AppendVarint(b[:at], length)
	return b, nil
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func appendDoubles(b []byte, field protowire.Number, values []float64) []byte {
	b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.BytesType), 8*uint64(len(values)))
	for _, v := range values {
		b = protowire.AppendFixed64(b, math.Float64bits(v))
	}
	return b
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

func appendString(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), strings.ToValidUTF8(v, "\ufffd"))
}
