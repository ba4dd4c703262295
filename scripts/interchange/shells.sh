#!/usr/bin/env bash
# Checks with the programs around ganlib: bash, zsh and fish complete command lines typed on a terminal, groff and
# mandoc have nothing against the manual pages, and a disk that gets full ends a training in an orderly way. Installs
# what is missing with apt, some 40 MB.
set -euo pipefail
. "$(dirname "$0")/tests.sh"
cd "$repo"

missing=()
for package in zsh fish bash-completion groff-base mandoc; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
	echo "installing ${missing[*]}" >&2
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
bash --version | head -n 1
zsh --version
fish --version
groff --version | head -n 1
dpkg-query -W bash-completion mandoc

tests bash,zsh,fish,groff,mandoc '^(TestShells|TestMan.*|TestDoctorOnTerminal)$' ./internal/cli

# A full disk: a file system of 600 kB, in a mount namespace that ends with its process.
if ! unshare --mount true 2>/dev/null; then
	echo "skipped: the full disk is not tried, for want of the right to mount"
	exit
fi
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
go build -o "$work/ganlib" ./cmd/ganlib
mkdir "$work/disk"
# shellcheck disable=SC2016
unshare --mount bash -euo pipefail -c '
	cd "$1"
	mount -t tmpfs -o size=600k tmpfs disk
	sets=()
	for set in DATA_SIZE=64 FEATURES_GEN=4 FEATURES_CRITIC=4 BATCH_SIZE=8 CHECKPOINT_EVERY=1 SAMPLE_EVERY=1; do sets+=(--set "$set"); done
	code=0
	./ganlib train --device cpu --preset dcgan16 --steps 50 "${sets[@]}" --runs disk/runs 2>log || code=$?
	tail -n 2 log
	[ "$code" = 1 ]
	grep -q "no space left on device" log
	grep -q "^Next: make room" log
	[ -z "$(find disk -name "*.tmp-*")" ] # nothing half written
	for file in disk/runs/train0/model/checkpoint-*; do ./ganlib inspect "$file" >/dev/null; done
	! ./ganlib doctor --runs disk/runs >doctor
	grep -A 1 "^fail  runs" doctor
	rm disk/runs/train0/generated_*/*
	rm "$(ls disk/runs/train0/model/checkpoint-* | head -n 1)"
	./ganlib train --resume disk/runs/train0 --device cpu --steps 4 --set SAMPLE_EVERY=never --set CHECKPOINT_EVERY=never --set EXPORT_EVERY=never --no-events 2>>log || { tail -n 3 log; exit 1; }
' shells "$work"
echo "the full disk: all as it should be"
