#!/bin/sh
# Compiles the kernels of the tests with Debian's clang-19: build.sh [folder to write to].
set -eu
cd "$(dirname "$0")"
to=${1:-.}
compile() {
  clang++-19 -x cuda --cuda-device-only --cuda-gpu-arch="$2" --cuda-path=/nonexistent --cuda-feature=+ptx"$3" \
    -S -nocudainc -nocudalib -O3 -std=c++17 -fdeclspec -Wall -Werror -o "$to/$1.ptx" "$1.cu"
}
compile basic sm_75 70
compile tensor sm_80 70
compile wgmma sm_90a 80
