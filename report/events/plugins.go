package events

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Plugins of TensorBoard that show tensors, and the tag by which one of them knows its data.
const (
	pluginText    = "text"
	pluginHParams = "hparams"

	// TagHParams is the tag of [HParams].
	TagHParams = "_hparams_/session_start_info"
)

const (
	metadataPlugin    = 1
	metadataDataClass = 4
	dataClassTensor   = 2

	pluginName    = 1
	pluginContent = 2

	tensorType    = 1
	tensorShape   = 2
	tensorFloats  = 5
	tensorStrings = 8
	typeFloat     = 1
	typeString    = 7

	shapeDim = 2
	dimSize  = 1

	hparamsStart = 3 // of the plugin's own message

	startParams  = 1 // a map
	startSeconds = 5

	mapKey   = 1
	mapValue = 2

	// google.protobuf.Value
	anyNumber = 2
	anyString = 3
	anyBool   = 4
)

func (t Text) appendTo(b []byte) ([]byte, error) {
	b, err := appendMessage(b, valueTensor, func(b []byte) ([]byte, error) {
		b = appendInt(b, tensorType, typeString)
		b, err := appendShape(b, len(t))
		for _, text := range t {
			b = appendString(b, tensorStrings, text)
		}
		return b, err
	})
	if err != nil {
		return b, err
	}
	return appendMetadata(b, pluginText, nil)
}

// appendTo writes the parameters into the plugin's metadata, beside a tensor that means nothing.
func (h HParams) appendTo(b []byte) ([]byte, error) {
	b, err := appendMessage(b, valueTensor, func(b []byte) ([]byte, error) {
		b = appendInt(b, tensorType, typeFloat)
		b, err := appendShape(b, 1)
		b = protowire.AppendTag(b, tensorFloats, protowire.Fixed32Type)
		return protowire.AppendFixed32(b, 0), err
	})
	if err != nil {
		return b, err
	}
	content, err := appendMessage(nil, hparamsStart, func(b []byte) (_ []byte, err error) {
		for _, p := range h.Params {
			if b, err = appendMessage(b, startParams, p.appendTo); err != nil {
				return b, err
			}
		}
		return appendDouble(b, startSeconds, seconds(h.Started)), nil
	})
	if err != nil {
		return b, err
	}
	return appendMetadata(b, pluginHParams, content)
}

func (p HParam) appendTo(b []byte) ([]byte, error) {
	b = appendString(b, mapKey, p.Name)
	return appendMessage(b, mapValue, func(b []byte) ([]byte, error) {
		switch v := p.Value.(type) {
		case float64:
			return appendDouble(b, anyNumber, v), nil
		case bool:
			return appendInt(b, anyBool, int64(protowire.EncodeBool(v))), nil
		case string:
			return appendString(b, anyString, v), nil
		}
		return b, fmt.Errorf("hyper-parameter %s is a %T: want a float64, a bool or a string", p.Name, p.Value)
	})
}

// appendShape appends the shape of a tensor with one dimension.
func appendShape(b []byte, n int) ([]byte, error) {
	return appendMessage(b, tensorShape, func(b []byte) ([]byte, error) {
		return appendMessage(b, shapeDim, func(b []byte) ([]byte, error) { return appendInt(b, dimSize, int64(n)), nil })
	})
}

func appendMetadata(b []byte, plugin string, content []byte) ([]byte, error) {
	return appendMessage(b, valueMetadata, func(b []byte) ([]byte, error) {
		b, err := appendMessage(b, metadataPlugin, func(b []byte) ([]byte, error) {
			b = appendString(b, pluginName, plugin)
			if content != nil {
				b = appendBytes(b, pluginContent, content)
			}
			return b, nil
		})
		return appendInt(b, metadataDataClass, dataClassTensor), err
	})
}
