#!/usr/bin/env bash
# Opens the page of a training in Chromium and does what a reader does: pictures, curves, sliders, pause, stop; requests
# from strangers; an accessibility check with axe-core. Installs Chromium with apt-get where it is missing;
# scripts/python.sh installs axe-core.
#
#   scripts/interchange/browser.sh                 the checks
#   scripts/interchange/browser.sh --screenshots   also the pictures of docs/page.md, after five minutes of training
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
sum=84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc # of axe.min.js

if ! command -v chromium >/dev/null; then
	echo 'installing Chromium' >&2
	apt-get update -qq >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
fi
python=$("$repo/scripts/python.sh" axe)
GANLIB_AXE=$("$python" -c 'import importlib.util as u; print(u.find_spec("axe_playwright_python").submodule_search_locations[0])')/axe.min.js
export GANLIB_AXE
echo "$sum  $GANLIB_AXE" | sha256sum --quiet --check

if [ "${1:-}" = --screenshots ]; then
	export GANLIB_SCREENSHOTS=$repo/docs GANLIB_TRAIN=${GANLIB_TRAIN:-5m}
fi
chromium --version
export GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}chromium,axe"
go vet -C "$repo/internal/pagetest" .
go test -C "$repo/internal/pagetest" -count=1 -timeout 30m -v .
