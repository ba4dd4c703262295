#!/usr/bin/env bash
# Fails if what the code calls, of Go or of a module, has a vulnerability that is known. Where the database
# (vuln.go.dev, or GOVULNDB) cannot be reached, it says so in one line and does not fail.
set -euo pipefail
cd "$(dirname "$0")/.."
if output=$(go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ${GOVULNDB:+-db="$GOVULNDB"} ./... 2>&1); then
	echo "$output"
elif why=$(grep -m 1 '^govulncheck: fetching vulnerabilities: ' <<<"$output"); then
	echo "not checked, the database of vulnerabilities could not be reached: ${why#govulncheck: fetching vulnerabilities: }"
else
	echo "$output"
	exit 1
fi
