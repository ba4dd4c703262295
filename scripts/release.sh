#!/usr/bin/env bash
# scripts/release.sh VERSION OUT [OS/ARCH...]: builds the release VERSION, such as v0.1.0, into the new folder OUT:
# archives of both programs for all platforms or those named, their bills of materials, and SHA256SUMS. The same
# commit and the same version of Go give the same bytes. docs/releasing.md says more.
set -euo pipefail
case ${2:-} in
/*) out=$2 ;;
?*) out=$PWD/$2 ;;
*)
	sed -n '2,4s/^# //p' "$0" >&2
	exit 2
	;;
esac
cd "$(dirname "$0")/.."
if [ -n "$(git status --porcelain 2>/dev/null)" ]; then
	echo "release.sh: there are changes that are not committed, and the programs will say so" >&2
fi
go run ./internal/release "$1" "$out" "${@:3}"
