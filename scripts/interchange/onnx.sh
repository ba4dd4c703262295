#!/usr/bin/env bash
# Checks against onnx, onnxruntime and NumPy: the models of every layer, and of both networks of every preset, are
# accepted and give what ganlib computes, and arrays go both ways. Installs the three into a folder of its own,
# GANLIB_PEERS or ~/.cache/ganlib-peers, some 200 MB, unless GANLIB_ONNX_PYTHON names a Python that has them.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}
onnx=1.23.2 onnxruntime=1.32.0 numpy=2.4.6

if [ -z "${GANLIB_ONNX_PYTHON:-}" ]; then
	python=$home/onnx/bin/python
	if ! "$python" -c "import onnx, onnxruntime, numpy; assert (onnx.__version__, onnxruntime.__version__, numpy.__version__) == ('$onnx', '$onnxruntime', '$numpy')" 2>/dev/null; then
		echo "installing onnx $onnx, onnxruntime $onnxruntime and NumPy $numpy into $home" >&2
		mkdir -p "$home"
		python3 -m venv --clear "$home/onnx"
		"$home/onnx/bin/pip" install --quiet "onnx==$onnx" "onnxruntime==$onnxruntime" "numpy==$numpy" >&2
	fi
	export GANLIB_ONNX_PYTHON=$python
fi
export GANLIB_NUMPY_PYTHON=${GANLIB_NUMPY_PYTHON:-$GANLIB_ONNX_PYTHON}

cd "$repo"
GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}onnx,numpy" go test -count=1 -v -run '^(TestRuntime|TestNumpy)$' ./formats/onnx ./formats/npz
