#!/usr/bin/env bash
# Checks against PyTorch itself: what ganlib writes loads with weights_only=True and gives the same images, and
# what PyTorch writes, as zip and in the older format, ganlib reads. Installs PyTorch into a folder of its own,
# GANLIB_PEERS or ~/.cache/ganlib-peers, which scripts/peers.sh shares, unless GANLIB_TORCH_PYTHON names a Python that has it.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}
torch=2.15.0 numpy=2.4.6

if [ -z "${GANLIB_TORCH_PYTHON:-}" ]; then
	if ! "$home/venv/bin/python" -c "import torch; assert torch.__version__.split('+')[0] == '$torch'" 2>/dev/null; then
		echo "installing PyTorch $torch into $home" >&2
		mkdir -p "$home"
		python3 -m venv --clear "$home/venv"
		"$home/venv/bin/pip" install --quiet "torch==$torch" "numpy==$numpy" setuptools >&2
	fi
	export GANLIB_TORCH_PYTHON=$home/venv/bin/python
fi

cd "$repo"
GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}torch" go test -count=1 -v -run '^TestTorch' ./interchange
