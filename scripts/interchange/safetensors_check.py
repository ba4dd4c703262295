"""Loads ours.safetensors of a folder, which ganlib wrote, with the safetensors package; compares it with
expected.json, and writes it again as theirs.safetensors. formats/safetensors's TestPython compares their bytes."""

import json
import pathlib
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())
with safetensors.safe_open(folder / "ours.safetensors", framework="np") as f:
    metadata = f.metadata()
    assert metadata == expected["metadata"], metadata
    slices = {name: f.get_slice(name).get_shape() for name in f.keys()}
loaded = load_file(folder / "ours.safetensors")
assert sorted(loaded) == sorted(expected["tensors"]) == sorted(slices), (sorted(loaded), sorted(slices))
for name, want in expected["tensors"].items():
    array = loaded[name]
    assert array.dtype == np.dtype(want["dtype"]), (name, array.dtype, want)
    assert list(array.shape) == want["shape"] == slices[name], (name, array.shape, want)
    assert [str(float(v)) for v in array.ravel()] == want["values"], (name, array, want)
save_file(loaded, folder / "theirs.safetensors", metadata=metadata)
print(f"safetensors {safetensors.__version__} reads and writes {len(loaded)} tensors as ganlib does")
