#!/usr/bin/env bash
# Checks against onnx, onnxruntime and NumPy: the models of every layer, and of both networks of every preset, are
# accepted and give what ganlib computes, and arrays go both ways. scripts/python.sh installs the three, unless
# GANLIB_ONNX_PYTHON names a Python that has them.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
GANLIB_ONNX_PYTHON=${GANLIB_ONNX_PYTHON:-$("$repo/scripts/python.sh" onnx)}
GANLIB_NUMPY_PYTHON=${GANLIB_NUMPY_PYTHON:-$GANLIB_ONNX_PYTHON}
export GANLIB_ONNX_PYTHON GANLIB_NUMPY_PYTHON
tests onnx,numpy '^(TestRuntime|TestNumpy)$' ./formats/onnx ./formats/npz
