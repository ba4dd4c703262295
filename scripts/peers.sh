#!/usr/bin/env bash
# Races ganlib and PyTorch on this machine and prints a table of ratios. scripts/python.sh installs PyTorch, some
# 5 GB, when it is not there.
#
#     scripts/peers.sh [--quick] [OPTION...]
#
# --quick takes two small networks and three rounds. Other options are those of scripts/peers/race.py:
# --rounds, --threads, --engine, --only, --no-compile.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}

options=()
if [ "${1:-}" = --quick ]; then
	shift
	options=(--rounds 3 --only 'features 8, batch 32, eager|features 8, batch 32, compiled|DCGAN')
fi

python=$("$repo/scripts/python.sh" torch)

# torch.compile builds C++ programs, with Python's headers.
if [[ " $* " != *" --no-compile "* ]]; then
	headers=$("$python" -c "import sysconfig; print(sysconfig.get_path('include'))")
	if ! command -v g++ >/dev/null || ! [ -e "$headers/Python.h" ]; then
		echo "peers.sh: torch.compile needs g++ and Python's headers (apt-get install g++ python3-dev); or give --no-compile" >&2
		exit 1
	fi
fi

go build -C "$repo" -o "$home/ganlib" ./cmd/ganlib
exec "$python" "$repo/scripts/peers/race.py" --ganlib "$home/ganlib" --python "$python" --log "$home/log.txt" "${options[@]}" "$@"
