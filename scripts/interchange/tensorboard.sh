#!/usr/bin/env bash
# Checks against TensorBoard and Pillow: a training on drawn faces that is killed and resumed gives event files in which
# TensorBoard's own readers find every tag, step and picture once, and what moves is decoded by Pillow.
# scripts/python.sh installs both, unless GANLIB_TENSORBOARD_PYTHON names a Python that has them.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
python=${GANLIB_TENSORBOARD_PYTHON:-$("$repo/scripts/python.sh" tensorboard)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -C "$repo" -o "$work/ganlib" ./cmd/ganlib
cd "$work"

# small NAME STEPS FLAG...: a training of small networks on 64 drawn faces, in batches of 8: 8 steps an epoch.
small=(--preset catfaces --device cpu --quiet --epochs 1000 --set IMAGE_SIZE=16 --set FEATURES_GEN=8 --set FEATURES_CRITIC=8
	--set DATA_SIZE=64 --set BATCH_SIZE=8 --set SAMPLE_EVERY=4 --set LOG_EVERY=4 --set CHECKPOINT_EVERY=8)

./ganlib train --name whole --steps 40 "${small[@]}"

# Killed at some moment after a checkpoint, and resumed, twice.
for _ in 1 2; do
	run=trains/killed0
	if [ -d "$run" ]; then
		./ganlib train --resume "$run" --steps 100000 --quiet &
	else
		./ganlib train --name killed --steps 100000 "${small[@]}" &
	fi
	pid=$! before=$(ls $run/model/checkpoint-*.safetensors 2>/dev/null | tail -1 || true)
	until [ "$(ls $run/model/checkpoint-*.safetensors 2>/dev/null | tail -1 || true)" != "$before" ]; do
		kill -0 $pid || { echo "the training ended by itself" >&2; exit 1; }
		sleep 0.05
	done
	sleep 1
	kill -KILL $pid
	wait $pid 2>/dev/null || true
done
last=$(ls trains/killed0/model/checkpoint-*.safetensors | tail -1 | grep -o '[0-9]\{8,\}')
./ganlib train --resume trains/killed0 --steps $((10#$last + 20)) --quiet

./ganlib train --name swapped --steps 20 "${small[@]}" --set COMPAT=log-folders,log-axis

run=trains/whole0
./ganlib walk --path $run --keys 3 --frames 5 --fps 20 --n 4 --out walk.gif
./ganlib walk --path $run --keys 3 --frames 5 --fps 20 --n 4 --out walk.png
./ganlib walk --path $run --keys 3 --frames 5 --loop=false --interpolate lerp --out line.apng
./ganlib timelapse $run --fps 10 --hold 1s --out lapse.gif
./ganlib timelapse $run --fps 10 --hold 1s --out lapse.png
./ganlib plot $run trains/killed0 --out plot.png
"$python" "$repo/scripts/interchange/tensorboard_check.py" "$work"
