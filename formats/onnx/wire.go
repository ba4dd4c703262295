package onnx

import "google.golang.org/protobuf/encoding/protowire"

// Field numbers of the format's messages, after https://onnx.ai/onnx/repo-docs/IR.html and the
// definitions that it names.
const (
	modelIRVersion       protowire.Number = 1
	modelProducer        protowire.Number = 2
	modelProducerVersion protowire.Number = 3
	modelDoc             protowire.Number = 6
	modelGraph           protowire.Number = 7
	modelOpset           protowire.Number = 8
	modelMetadata        protowire.Number = 14

	opsetDomain  protowire.Number = 1
	opsetVersion protowire.Number = 2

	entryKey   protowire.Number = 1
	entryValue protowire.Number = 2

	graphNode        protowire.Number = 1
	graphName        protowire.Number = 2
	graphInitializer protowire.Number = 5
	graphInput       protowire.Number = 11
	graphOutput      protowire.Number = 12

	nodeInput     protowire.Number = 1
	nodeOutput    protowire.Number = 2
	nodeName      protowire.Number = 3
	nodeOp        protowire.Number = 4
	nodeAttribute protowire.Number = 5
	nodeDomain    protowire.Number = 7

	attributeName    protowire.Number = 1
	attributeFloat   protowire.Number = 2
	attributeInt     protowire.Number = 3
	attributeString  protowire.Number = 4
	attributeFloats  protowire.Number = 7
	attributeInts    protowire.Number = 8
	attributeStrings protowire.Number = 9
	attributeKind    protowire.Number = 20

	valueName protowire.Number = 1
	valueType protowire.Number = 2
	valueDoc  protowire.Number = 3

	typeTensor    protowire.Number = 1
	tensorElement protowire.Number = 1
	tensorShape   protowire.Number = 2
	shapeDim      protowire.Number = 1
	dimSize       protowire.Number = 1
	dimParam      protowire.Number = 2

	tensorDims     protowire.Number = 1
	tensorType     protowire.Number = 2
	tensorFloats   protowire.Number = 4
	tensorInt32s   protowire.Number = 5
	tensorStrings  protowire.Number = 6
	tensorInt64s   protowire.Number = 7
	tensorName     protowire.Number = 8
	tensorRaw      protowire.Number = 9
	tensorDoubles  protowire.Number = 10
	tensorUint64s  protowire.Number = 11
	tensorLocation protowire.Number = 14 // 1: the elements lie in another file
)
