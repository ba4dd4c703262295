#!/usr/bin/env bash
# gpu.sh build [FOLDER]          builds the GPU suite's programs here and packs them: .gpu/programs.txz
# gpu.sh run OUT [FOLDER] [ARG…] runs the suite on a machine with a GPU, which needs no Go and no network, in
#                                the repository's root; writes report.md, report.json and logs into OUT. ARG
#                                goes to gpusuite: -only tests,timings,cats,long,race; cats trains on the photographs
#                                of -data, and race needs a python3 with PyTorch (scripts/gpu-peers.sh races alone).
# With CUDA_INC, the folder of a cuda.h (scripts/cuda/toolchain.sh), the driver of tag cuda is tested too.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
build)
	pack=${2:-.gpu} bin=$(mktemp -d)
	trap 'rm -r "$bin"' EXIT
	mkdir -p "$pack"
	if [ -n "${CUDA_INC:-}" ]; then
		scripts/cuda/stub.sh "$CUDA_INC" "$bin/stub"
		CGO_ENABLED=1 CGO_CFLAGS=-I$CUDA_INC CGO_LDFLAGS=-L$bin/stub/link go test -c -trimpath -ldflags='-s -w' -tags cuda -o "$bin/cudrv.test" ./device/cudrv
		rm -r "$bin/stub"
	fi
	export CGO_ENABLED=0
	go build -trimpath -ldflags='-s -w' -o "$bin/ganlib" ./cmd/ganlib
	go build -trimpath -ldflags='-s -w' -o "$bin/gpusuite" ./internal/gpusuite
	for package in device device/dlopen device/driver/snippets kernels conformance; do
		go test -c -trimpath -ldflags='-s -w' -o "$bin/${package##*/}.test" "./$package"
	done
	tar -C "$bin" -cJf "$pack/programs.txz" .
	ls -l "$pack/programs.txz"
	;;
run)
	out=${2:?usage: gpu.sh run OUT [FOLDER] [ARG…]} pack=${3:-.gpu} bin=$(mktemp -d)
	trap 'rm -r "$bin"' EXIT
	mkdir -p "$out"
	tar -C "$bin" -xJf "$pack/programs.txz"
	"$bin/gpusuite" -bin "$bin" -out "$out" "${@:4}"
	;;
*)
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
