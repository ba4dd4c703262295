#!/usr/bin/env bash
# scripts/cuda/toolchain.sh FOLDER [ptxas|nvcc]: install NVIDIA's tools from PyPI into FOLDER. They need no GPU,
# no driver and no root.
#
#   ptxas (default)   ptxas 12.9 and cuda.h 12.9     44 MB to fetch
#   nvcc              these, and nvcc 13.0           145 MB
#
# Then `. FOLDER/env.sh` sets PTXAS and CUDA_INC, and NVCC if it is there. It leaves PATH alone: with nvcc on it,
# clang takes that toolkit for its own and writes another version of PTX.
#
# The versions are pinned and checked by hash. What is installed is NVIDIA's, under NVIDIA's licence: use it, and
# do not commit or redistribute any part of it.
set -euo pipefail

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

[[ $# -eq 1 || $# -eq 2 ]] || usage
what=${2:-ptxas}
[[ $what == ptxas || $what == nvcc ]] || usage
mkdir -p "$1"
folder=$(cd "$1" && pwd)

wheels=(
	'nvidia-cuda-nvcc-cu12==12.9.86 --hash=sha256:5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'
	'nvidia-cuda-runtime-cu12==12.9.79 --hash=sha256:25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'
)
if [[ $what == nvcc ]]; then
	wheels+=(
		'nvidia-cuda-nvcc==13.0.88 --hash=sha256:56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03'
		'nvidia-nvvm==13.0.88 --hash=sha256:c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0'
		'nvidia-cuda-crt==13.0.88 --hash=sha256:2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4'
		'nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548'
	)
fi
printf '%s\n' "${wheels[@]}" >"$folder/requirements.txt"

rm -rf "$folder/nvidia" # pip does not merge into an old folder
"${PYTHON:-python3}" -m pip install -q --disable-pip-version-check --root-user-action=ignore --no-deps --no-compile \
	--only-binary :all: --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
	--require-hashes --target "$folder" -r "$folder/requirements.txt"

{
	echo "export PTXAS='$folder/nvidia/cuda_nvcc/bin/ptxas'"
	echo "export CUDA_INC='$folder/nvidia/cuda_runtime/include'"
	[[ $what == ptxas ]] || echo "export NVCC='$folder/nvidia/cu13/bin/nvcc'"
} >"$folder/env.sh"

# shellcheck disable=SC1091
. "$folder/env.sh"
"$PTXAS" --version | grep release
grep -m1 'define CUDA_VERSION' "$CUDA_INC/cuda.h"
[[ $what == ptxas ]] || "$NVCC" --version | grep release
