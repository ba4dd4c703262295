# Sourced by the scripts beside it.
# shellcheck shell=bash

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# tests TOOLS PATTERN PACKAGE...: runs the tests that match. A tool that is missing is a failure, and so is a
# package without such a test.
tests() {
	local tools=$1 pattern=$2 log
	shift 2
	log=$(mktemp)
	GANLIB_REQUIRE="${GANLIB_REQUIRE:+$GANLIB_REQUIRE,}$tools" go test -C "$repo" -count=1 -v -run "$pattern" "$@" | tee "$log"
	if grep -F '[no tests to run]' "$log" >&2; then
		rm "$log"
		return 1
	fi
	rm "$log"
}
