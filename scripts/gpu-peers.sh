#!/usr/bin/env bash
# Races ganlib and PyTorch on the GPU of this machine, and prints tables of times and ratios. It needs a python3 that
# has PyTorch, and Go or the programs that "scripts/gpu.sh build" made.
#
#     scripts/gpu-peers.sh [--quick | --check] [OPTION...]
#
# --quick takes the CatFaces training in batches of 32 and sampling, without torch.compile, which takes a minute to
# compile a program. --check trains PyTorch's programs in each precision instead, and compares what they have learnt.
# Other options are those of scripts/peers/race.py: --rounds, --only, --list, --no-compile, --ganlib-args. Without
# any of them everything is raced, which takes a quarter of an hour; a race by itself takes some 20 seconds.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3} bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT

options=(--rounds 5)
case ${1:-} in
--quick)
	shift
	options+=(--no-compile --only 'CatFaces, features 64, batch 32,|sampling')
	;;
--check)
	shift
	options+=(--no-compile --check 200 --only 'CatFaces, features 64, batch 32,|DCGAN')
	;;
esac

if [ -e "$repo/.gpu/programs.txz" ]; then
	tar -C "$bin" -xJf "$repo/.gpu/programs.txz" ./ganlib
else
	go build -C "$repo" -o "$bin/ganlib" ./cmd/ganlib
fi
"$python" "$repo/scripts/peers/race.py" --ganlib "$bin/ganlib" --python "$python" --device cuda "${options[@]}" "$@"
