"""Checks the ONNX models of a folder: onnx.checker accepts each, in full, and onnxruntime computes what
cases.json says that ganlib computed. formats/onnx's TestRuntime writes the folder."""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-5

folder = pathlib.Path(sys.argv[1])
worst = 0.0
cases = json.loads((folder / "cases.json").read_text())
for case in cases:
    path = folder / case["model"]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (source,), (result,) = session.get_inputs(), session.get_outputs()
    assert source.shape[0] == result.shape[0] == "N", (case["name"], source.shape, result.shape)
    declared = [d.dim_value or d.dim_param for d in inferred.graph.output[0].type.tensor_type.shape.dim]
    assert declared == result.shape, (case["name"], declared, result.shape)
    for n, inputs, outputs in zip(case["batches"], case["inputs"], case["outputs"]):
        x = np.fromfile(folder / inputs, "<f4").reshape([n] + source.shape[1:])
        want = np.fromfile(folder / outputs, "<f4").reshape([n] + result.shape[1:])
        got = session.run(None, {source.name: x})[0]
        assert got.shape == want.shape, (case["name"], got.shape, want.shape)
        error = float(np.max(np.abs(got - want) / (1 + np.abs(want))))
        worst = max(worst, error)
        assert error <= TOLERANCE, (case["name"], n, error)
print(f"{len(cases)} models: onnx {onnx.__version__} accepts all, onnxruntime {onnxruntime.__version__} agrees to {worst:.1e}")
