#!/usr/bin/env bash
# Checks against the safetensors package: it reads what ganlib writes, and writes it again in the same
# bytes. scripts/python.sh installs it, unless GANLIB_SAFETENSORS_PYTHON names a Python that has it.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
GANLIB_SAFETENSORS_PYTHON=${GANLIB_SAFETENSORS_PYTHON:-$("$repo/scripts/python.sh" safetensors)}
export GANLIB_SAFETENSORS_PYTHON
tests safetensors '^TestPython$' ./formats/safetensors
