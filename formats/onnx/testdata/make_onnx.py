"""Writes foreign.onnx, which has tensors in every form that the format allows. Made with onnx 1.23 and NumPy 2.4."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper

here = pathlib.Path(__file__).parent


def raw(name, array):
    return onnx.numpy_helper.from_array(np.asarray(array), name)


external = helper.make_tensor("external", T.FLOAT, [2], b"\0" * 8, raw=True)
external.ClearField("raw_data")
external.data_location = T.EXTERNAL
external.external_data.add(key="location", value="weights.bin")

tensors = [
    helper.make_tensor("float", T.FLOAT, [2, 2], [1.5, -2, np.inf, np.nan]),
    helper.make_tensor("double", T.DOUBLE, [2], [0.1, -1e300]),
    helper.make_tensor("int64", T.INT64, [2], [-(2**63), 2**62]),
    helper.make_tensor("int32", T.INT32, [2], [-(2**31), 5]),
    helper.make_tensor("int16", T.INT16, [2], [-32768, 5]),
    helper.make_tensor("int8", T.INT8, [2], [-128, 127]),
    helper.make_tensor("uint64", T.UINT64, [1], [2**63]),
    helper.make_tensor("uint32", T.UINT32, [1], [2**32 - 1]),
    helper.make_tensor("uint16", T.UINT16, [1], [65535]),
    helper.make_tensor("uint8", T.UINT8, [2], [0, 255]),
    helper.make_tensor("bool", T.BOOL, [2], [True, False]),
    helper.make_tensor("float16", T.FLOAT16, [2], np.array([1.5, -65504], "f2")),
    helper.make_tensor("bfloat16", T.BFLOAT16, [2], [1.5, -2]),
    helper.make_tensor("string", T.STRING, [2], [b"cat", b"dog"]),
    raw("scalar", np.float32(-7)),
    raw("raw16", np.array([1.5], "f2")),
    raw("empty", np.zeros((0, 3), "f4")),
    external,
]
then = helper.make_graph([helper.make_node("Constant", [], ["t"], value=raw("c", np.float32(1)))], "then", [], [helper.make_tensor_value_info("t", T.FLOAT, [])])
nodes = [
    helper.make_node("Mul", ["x", "scalar"], ["y"], name="scale"),
    helper.make_node("If", ["bool"], ["z"], then_branch=then, else_branch=then),
    helper.make_node("Own", ["y"], ["w"], domain="example", f=1.5, i=-3, s="text", floats=[1.0, 2.0], ints=[1, -2], strings=["a", "b"]),
]
graph = helper.make_graph(
    nodes, "foreign",
    [helper.make_tensor_value_info("x", T.FLOAT, ["batch", None, 4])],
    [helper.make_tensor_value_info("y", T.FLOAT, ["batch", None, 4]), helper.make_tensor_value_info("w", T.FLOAT, None)],
    initializer=tensors,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("example", 1)], producer_name="make_onnx", producer_version="1", doc_string="a document")
model.ir_version = 10
helper.set_model_props(model, {"key": "välue", "empty": ""})
onnx.save(model, here / "foreign.onnx")
