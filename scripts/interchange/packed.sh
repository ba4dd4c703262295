#!/usr/bin/env bash
# Checks packed image sets against NumPy: a reader in Python, written from the format's description, maps what ganlib
# packed and finds every check sum right. Installs NumPy into a folder of its own, GANLIB_PEERS or
# ~/.cache/ganlib-peers, unless GANLIB_NUMPY_PYTHON names a Python that has it.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}
numpy=2.4.6

if [ -z "${GANLIB_NUMPY_PYTHON:-}" ]; then
	python=$home/numpy/bin/python
	if ! "$python" -c "import numpy; assert numpy.__version__ == '$numpy'" 2>/dev/null; then
		echo "installing NumPy $numpy into $home" >&2
		mkdir -p "$home"
		python3 -m venv --clear "$home/numpy"
		"$home/numpy/bin/pip" install --quiet "numpy==$numpy" >&2
	fi
	export GANLIB_NUMPY_PYTHON=$python
fi

cd "$repo"
GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}numpy" go test -count=1 -v -run '^TestNumpy$' ./formats/packed
