#!/usr/bin/env bash
# Opens the page of a training in Chromium and does what a reader does: pictures, curves, sliders, pause, stop; requests
# from strangers; an accessibility check with axe-core. Installs Chromium with apt-get where it is missing, and axe-core
# into GANLIB_PEERS or ~/.cache/ganlib-peers.
#
#   scripts/interchange/browser.sh                 the checks
#   scripts/interchange/browser.sh --screenshots   also the pictures of docs/page.md, after five minutes of training
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
home=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}
axe=4.14.1 sum=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c # of axe.min.js

if ! command -v chromium >/dev/null; then
	echo 'installing Chromium' >&2
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
fi

export GANLIB_AXE=$home/axe-core-$axe/axe.min.js
if ! echo "$sum  $GANLIB_AXE" | sha256sum --status --check 2>/dev/null; then
	echo "fetching axe-core $axe into $home" >&2
	mkdir -p "$home/axe-core-$axe"
	curl --fail --silent --show-error --location "https://registry.npmjs.org/axe-core/-/axe-core-$axe.tgz" |
		tar -xz -C "$home/axe-core-$axe" --strip-components=1 package/axe.min.js package/LICENSE
	echo "$sum  $GANLIB_AXE" | sha256sum --quiet --check
fi

if [ "${1:-}" = --screenshots ]; then
	export GANLIB_SCREENSHOTS=$repo/docs GANLIB_TRAIN=${GANLIB_TRAIN:-5m}
fi
chromium --version
export GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}chromium,axe"
go vet -C "$repo/internal/pagetest" .
go test -C "$repo/internal/pagetest" -count=1 -timeout 30m -v .
