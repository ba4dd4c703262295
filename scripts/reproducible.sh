#!/usr/bin/env bash
# scripts/reproducible.sh [OS/ARCH...]: builds a release twice, in different folders, each with an empty build cache,
# and compares all bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# copy FOLDER: copies the sources into a repository of their own, whose commit has a fixed time.
copy() {
	local date='2001-02-03T04:05:06Z'
	mkdir -p "$1"
	git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || printf '%s\0' "$file" # not one that is deleted
	done | xargs -0 cp --parents -t "$1"
	git -C "$1" init -q
	git -C "$1" add --all
	GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date git -C "$1" -c user.name=ganlib -c user.email= commit -q -m copy
}

# build FOLDER OUT [OS/ARCH...]
build() { GOCACHE=$1.cache TMPDIR=$work "$1/scripts/release.sh" v0.0.0-check "${@:2}"; }

copy "$work/first"
mkdir "$work/another"
cp -a "$work/first" "$work/another/place"
build "$work/first" "$work/out" "$@"
(umask 077 && build "$work/another/place" "$work/again" "$@")
diff -r "$work/out" "$work/again"
(cd "$work/out" && sha256sum -c --quiet SHA256SUMS && cat SHA256SUMS)
