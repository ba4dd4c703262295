#!/usr/bin/env bash
# Checks against Keras: what it saves as HDF5, in each of its forms, ganlib reads, and its networks then give what
# Keras computes. scripts/python.sh installs Keras with JAX, unless GANLIB_KERAS_PYTHON names a Python that has it;
# KERAS_BACKEND names another backend.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
export KERAS_BACKEND=${KERAS_BACKEND:-jax}
GANLIB_KERAS_PYTHON=${GANLIB_KERAS_PYTHON:-$("$repo/scripts/python.sh" keras)}
export GANLIB_KERAS_PYTHON
tests keras '^TestKeras$' ./formats/keras
