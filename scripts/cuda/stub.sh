#!/usr/bin/env bash
# scripts/cuda/stub.sh INCLUDE FOLDER: from the cuda.h in INCLUDE make, in FOLDER, libraries to link against where
# there is no NVIDIA driver:
#
#   link/libcuda.so       every function of cuda.h. A program that is linked with it (-tags cuda) runs where there
#                         is a real libcuda.so.1, and only there.
#   emulated/libcuda.a    the same to put into the program. One that has some of the functions within itself (-tags
#                         cuda,emulated) takes the others from here.
#
# The functions only say that they are a stub, which ganlib takes for no driver. They are used so:
#
#   export CGO_CFLAGS=-I$CUDA_INC
#   CGO_LDFLAGS=-L$PWD/FOLDER/link go build -tags cuda ./...
#   CGO_LDFLAGS=-L$PWD/FOLDER/emulated go test -tags cuda,emulated ./device/...
#
# It needs gcc and ar. What it makes comes from NVIDIA's header: do not commit or redistribute it.
set -euo pipefail

if [[ $# -ne 2 ]]; then
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
include=$1 folder=$2
[[ -f $include/cuda.h ]] || { echo "stub.sh: no cuda.h in $include" >&2; exit 1; }
mkdir -p "$folder/link" "$folder/emulated"

# The functions, after cuda.h has renamed those of which there are several versions.
gcc -E -P -I"$include" -include cuda.h -x c /dev/null | tr '\n' ' ' |
	grep -oE '\bCUresult +(__attribute__\(\([a-z_]+\)\) *)?cu[A-Za-z0-9_]+ *\(' |
	grep -oE 'cu[A-Za-z0-9_]+' | sort -u >"$folder/functions"
[[ -s $folder/functions ]] || { echo "stub.sh: no function found in $include/cuda.h" >&2; exit 1; }

sed 's/.*/__attribute__((weak)) int &(void) { return 34; }/' "$folder/functions" >"$folder/libcuda.c" # CUDA_ERROR_STUB_LIBRARY
gcc -c -fPIC -o "$folder/libcuda.o" "$folder/libcuda.c"
gcc -shared -Wl,-soname,libcuda.so.1 -o "$folder/link/libcuda.so" "$folder/libcuda.o"
rm -f "$folder/emulated/libcuda.a"
ar rcs "$folder/emulated/libcuda.a" "$folder/libcuda.o"
echo "$(wc -l <"$folder/functions") functions"
