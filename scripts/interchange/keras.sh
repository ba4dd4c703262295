#!/usr/bin/env bash
# Checks against Keras: what it saves as HDF5, in each of its forms, ganlib reads, and its networks then give what
# Keras computes. Installs Keras with JAX into a folder of its own, GANLIB_PEERS or ~/.cache/ganlib-peers, some 600 MB,
# unless GANLIB_KERAS_PYTHON names a Python that has it; KERAS_BACKEND names another backend.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}
keras=3.15.1 jax=0.10.2 h5py=3.16.0 numpy=2.4.6
export KERAS_BACKEND=${KERAS_BACKEND:-jax}

if [ -z "${GANLIB_KERAS_PYTHON:-}" ]; then
	python=$home/keras/bin/python
	if ! "$python" -c "import keras, h5py; assert (keras.__version__, h5py.__version__) == ('$keras', '$h5py')" 2>/dev/null; then
		echo "installing Keras $keras, JAX $jax and h5py $h5py into $home" >&2
		mkdir -p "$home"
		python3 -m venv --clear "$home/keras"
		"$home/keras/bin/pip" install --quiet "keras==$keras" "jax==$jax" "h5py==$h5py" "numpy==$numpy" >&2
	fi
	export GANLIB_KERAS_PYTHON=$python
fi

cd "$repo"
GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}keras" go test -count=1 -v -run '^TestKeras$' ./formats/keras
