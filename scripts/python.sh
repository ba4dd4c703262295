#!/usr/bin/env bash
# python.sh NAME: prints the path of a Python interpreter that has the packages below, in their versions: of a
# virtual environment in GANLIB_PEERS, or ~/.cache/ganlib-peers, which is made where it is not there.
set -euo pipefail

case ${1:-} in
axe) packages=(--no-deps axe-playwright-python==0.1.8) ;;                        # which has axe-core 4.12.1
keras) packages=(keras==3.15.1 jax==0.10.2 h5py==3.16.0 numpy==2.4.6) ;;         # 600 MB
numpy) packages=(numpy==2.4.6) ;;                                                # 70 MB
onnx) packages=(onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6) ;;                # 200 MB
safetensors) packages=(safetensors==0.8.0 numpy==2.4.6) ;;                       # 70 MB
tensorboard) packages=(tensorboard==2.21.0 pillow==13.0.0 numpy==2.4.6 protobuf==7.36.2) ;; # 150 MB
torch) packages=(torch==2.15.0 numpy==2.4.6 setuptools==84.2.1) ;;               # 5 GB, most of it for GPUs
*)
	sed -n '2,3s/^# //p' "$0" >&2
	exit 2
	;;
esac

folder=${GANLIB_PEERS:-$HOME/.cache/ganlib-peers}/$1
python=$folder/bin/python
if [ "$(cat "$folder/packages" 2>/dev/null)" != "${packages[*]}" ] || ! "$python" -c ''; then
	echo "installing ${packages[*]} into $folder" >&2
	if ! python3 -c 'import ensurepip' 2>/dev/null; then # Debian has it in a package of its own
		apt-get update -qq >&2
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >&2
	fi
	python3 -m venv --clear "$folder"
	"$python" -m pip install --quiet --disable-pip-version-check "${packages[@]}" >&2
	echo "${packages[*]}" >"$folder/packages"
fi
echo "$python"
