#!/usr/bin/env bash
# Checks against PyTorch itself: what ganlib writes loads with weights_only=True and gives the same images, and
# what PyTorch writes, as zip and in the older format, ganlib reads. scripts/python.sh installs PyTorch, which
# scripts/peers.sh shares, unless GANLIB_TORCH_PYTHON names a Python that has it.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
GANLIB_TORCH_PYTHON=${GANLIB_TORCH_PYTHON:-$("$repo/scripts/python.sh" torch)}
export GANLIB_TORCH_PYTHON
tests torch '^TestTorch' ./interchange
