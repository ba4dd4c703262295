#!/usr/bin/env bash
# Checks packed image sets against NumPy: a reader in Python, written from the format's description, maps what ganlib
# packed and finds every check sum right. scripts/python.sh installs NumPy, unless GANLIB_NUMPY_PYTHON names a Python
# that has it.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
GANLIB_NUMPY_PYTHON=${GANLIB_NUMPY_PYTHON:-$("$repo/scripts/python.sh" numpy)}
export GANLIB_NUMPY_PYTHON
tests numpy '^TestNumpy$' ./formats/packed
