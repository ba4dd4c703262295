package events

import (
	"errors"
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxParts is how many values, texts and parameters an event may have in all: each takes more memory than the
// few bytes that claim it.
const maxParts = 1 << 16

// parts counts those that an event may still have.
type parts int

func (p *parts) take() error {
	if *p--; *p < 0 {
		return fmt.Errorf("more than %d parts in an event", maxParts)
	}
	return nil
}

// fields calls each for every field of a message: bits holds the value of a number, data that of
// anything else. Groups, which no message here has, are passed over.
func fields(b []byte, each func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var bits uint64
		var data []byte
		switch kind {
		case protowire.VarintType:
			bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			bits = uint64(v)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := each(field, kind, bits, data); err != nil {
			return err
		}
	}
	return nil
}

func decodeEvent(b []byte) (*Event, error) {
	e, left := new(Event), parts(maxParts)
	err := fields(b, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) error {
		switch {
		case field == eventTime && kind == protowire.Fixed64Type:
			e.Time = moment(math.Float64frombits(bits))
		case field == eventStep && kind == protowire.VarintType:
			e.Step = int64(bits)
		case field == eventVersion && kind == protowire.BytesType:
			e.Version = string(data)
		case field == eventSession && kind == protowire.BytesType:
			return fields(data, func(field protowire.Number, kind protowire.Type, bits uint64, _ []byte) error {
				if field == sessionStatus && kind == protowire.VarintType {
					e.Start = bits == sessionStart
				}
				return nil
			})
		case field == eventSummary && kind == protowire.BytesType:
			return e.decodeSummary(data, &left)
		}
		return nil
	})
	return e, err
}

// moment is the inverse of seconds; times beyond the year 9999 and other nonsense are the zero time.
func moment(s float64) time.Time {
	const end = 253402300800
	if !(s > 0 && s < end) {
		return time.Time{}
	}
	return time.UnixMicro(int64(math.Round(s * 1e6)))
}

func (e *Event) decodeSummary(b []byte, left *parts) error {
	return fields(b, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
		if field != summaryValue || kind != protowire.BytesType {
			return nil
		}
		if err := left.take(); err != nil {
			return err
		}
		v, err := decodeValue(data, left)
		e.Values = append(e.Values, v)
		return err
	})
}

func decodeValue(b []byte, left *parts) (v Value, err error) {
	var tensor, content []byte
	var plugin string
	err = fields(b, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) (err error) {
		switch {
		case field == valueTag && kind == protowire.BytesType:
			v.Tag = string(data)
		case field == valueScalar && kind == protowire.Fixed32Type:
			v.Data = Scalar(math.Float32frombits(uint32(bits)))
		case field == valueImage && kind == protowire.BytesType:
			v.Data, err = decodeImage(data)
		case field == valueHistogram && kind == protowire.BytesType:
			v.Data, err = decodeHistogram(data)
		case field == valueTensor && kind == protowire.BytesType:
			tensor = data
		case field == valueMetadata && kind == protowire.BytesType:
			plugin, content, err = decodeMetadata(data)
		}
		return err
	})
	if err != nil || v.Data != nil {
		return v, err
	}
	switch plugin {
	case pluginText:
		v.Data, err = decodeText(tensor, left)
	case pluginHParams:
		v.Data, err = decodeHParams(content, left)
	default:
		v.Data = Other{plugin}
	}
	return v, err
}

func decodeImage(b []byte) (m Image, err error) {
	err = fields(b, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) error {
		switch {
		case field == imageEncoded && kind == protowire.BytesType:
			m.Encoded = data
		case kind != protowire.VarintType:
		case field == imageHeight:
			m.Height = int(int32(bits))
		case field == imageWidth:
			m.Width = int(int32(bits))
		case field == imageChannels:
			m.Channels = int(int32(bits))
		}
		return nil
	})
	return m, err
}

func decodeHistogram(b []byte) (h Histogram, err error) {
	err = fields(b, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) (err error) {
		number := math.Float64frombits(bits)
		switch {
		case field == histogramLimits:
			h.Limits, err = appendNumbers(h.Limits, kind, number, data)
		case field == histogramCounts:
			h.Counts, err = appendNumbers(h.Counts, kind, number, data)
		case kind != protowire.Fixed64Type:
		case field == histogramMin:
			h.Min = number
		case field == histogramMax:
			h.Max = number
		case field == histogramNum:
			h.Num = number
		case field == histogramSum:
			h.Sum = number
		case field == histogramSumSquares:
			h.SumSquares = number
		}
		return err
	})
	if err == nil && len(h.Limits) != len(h.Counts) {
		err = fmt.Errorf("histogram with %d limits and %d counts", len(h.Limits), len(h.Counts))
	}
	return h, err
}

// appendNumbers appends a repeated double, packed or not.
func appendNumbers(list []float64, kind protowire.Type, number float64, data []byte) ([]float64, error) {
	switch {
	case kind == protowire.Fixed64Type:
		return append(list, number), nil
	case kind != protowire.BytesType || len(data)%8 != 0:
		return list, errors.New("histogram: a list of numbers that is none")
	}
	for ; len(data) > 0; data = data[8:] {
		bits, _ := protowire.ConsumeFixed64(data)
		list = append(list, math.Float64frombits(bits))
	}
	return list, nil
}

func decodeMetadata(b []byte) (plugin string, content []byte, err error) {
	err = fields(b, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
		if field != metadataPlugin || kind != protowire.BytesType {
			return nil
		}
		return fields(data, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
			switch {
			case kind != protowire.BytesType:
			case field == pluginName:
				plugin = string(data)
			case field == pluginContent:
				content = data
			}
			return nil
		})
	})
	return plugin, content, err
}

func decodeText(tensor []byte, left *parts) (t Text, err error) {
	err = fields(tensor, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
		if field != tensorStrings || kind != protowire.BytesType {
			return nil
		}
		if err := left.take(); err != nil {
			return err
		}
		t = append(t, string(data))
		return nil
	})
	return t, err
}

func decodeHParams(content []byte, left *parts) (h HParams, err error) {
	err = fields(content, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
		if field != hparamsStart || kind != protowire.BytesType {
			return nil
		}
		return fields(data, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) error {
			switch {
			case field == startSeconds && kind == protowire.Fixed64Type:
				h.Started = moment(math.Float64frombits(bits))
			case field == startParams && kind == protowire.BytesType:
				if err := left.take(); err != nil {
					return err
				}
				p, err := decodeHParam(data)
				h.Params = append(h.Params, p)
				return err
			}
			return nil
		})
	})
	return h, err
}

func decodeHParam(b []byte) (p HParam, err error) {
	err = fields(b, func(field protowire.Number, kind protowire.Type, _ uint64, data []byte) error {
		switch {
		case kind != protowire.BytesType:
		case field == mapKey:
			p.Name = string(data)
		case field == mapValue:
			return fields(data, func(field protowire.Number, kind protowire.Type, bits uint64, data []byte) error {
				switch {
				case field == anyNumber && kind == protowire.Fixed64Type:
					p.Value = math.Float64frombits(bits)
				case field == anyString && kind == protowire.BytesType:
					p.Value = string(data)
				case field == anyBool && kind == protowire.VarintType:
					p.Value = bits != 0
				}
				return nil
			})
		}
		return nil
	})
	return p, err
}
