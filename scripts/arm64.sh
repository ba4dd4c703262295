#!/usr/bin/env bash
# Runs the tests of the numeric core as linux/arm64 programs under qemu's user-mode emulation, which
# it installs from Debian if it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v qemu-aarch64-static >/dev/null && ! command -v qemu-aarch64 >/dev/null; then
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends qemu-user-static >/dev/null
fi
# nocuda: purego would have programs want a C library for arm64, which is not here.
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
GOARCH=arm64 CGO_ENABLED=0 go test -tags nocuda -exec "$emulator" ./conformance ./device ./kernels ./losses ./optim \
	-run 'Golden|Philox|Random|Permutation|Gemm|Conv|Norm|Loss|Adam|RMSProp|SGD' -skip GPU # an emulator within an emulator
