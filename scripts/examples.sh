#!/usr/bin/env bash
# Builds and runs the programs under examples/ as their readers would: each from an empty folder
# outside the repository, with a module of its own that requires this one.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# try NAME ARG...: copies example NAME into an empty module and runs it.
try() {
	local name=$1
	shift
	mkdir "$work/$name"
	cp "$repo/examples/$name"/*.go "$work/$name"
	(
		cd "$work/$name"
		go mod init example.com/"$name" 2>/dev/null
		go mod edit -require=ganlib@v0.0.0 -replace=ganlib="$repo"
		go mod tidy 2>/dev/null
		go run . "$@"
	)
}

try train -steps 20 -out rings.png
test -s "$work/train/rings.png"

# A run to sample from: a tiny CatFaces training on drawn faces.
(cd "$work" && go run -C "$repo" ./cmd/catfaces --runs "$work/trains" --quiet --steps 2 \
	--set IMAGE_SIZE=16 --set FEATURES_GEN=4 --set FEATURES_CRITIC=4 --set BATCH_SIZE=4 --set DATA_SIZE=16)
try sample -path "$work/trains/train0" -n 3
test -s "$work/sample/sample-2.png"

try variant -steps 20
