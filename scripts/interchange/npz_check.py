"""Loads what ganlib wrote into a folder, ours.npz, ours_compressed.npz and ours.npy, without pickles; compares it
with expected.json, and writes it again as numpy.npz and numpy_compressed.npz, every second array in
Fortran order. formats/npz's TestNumpy reads those."""

import json
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())


def same(name, array):
    want = expected[name]
    assert array.dtype.newbyteorder("=") == np.dtype(want["dtype"]).newbyteorder("="), (name, array.dtype, want)
    assert list(array.shape) == want["shape"], (name, array.shape, want)
    assert [str(float(v)) for v in array.ravel()] == [str(float(v)) for v in want["values"]], (name, array, want)


for name in ("ours.npz", "ours_compressed.npz"):
    with np.load(folder / name, allow_pickle=False) as arrays:
        assert sorted(arrays) == sorted(expected), (sorted(arrays), sorted(expected))
        loaded = {key: arrays[key] for key in arrays}
    for key, array in loaded.items():
        same(key, array)
same("conv.weight", np.load(folder / "ours.npy", allow_pickle=False))
mapped = np.load(folder / "ours.npy", mmap_mode="r")
same("conv.weight", mapped)
ordered = {key: np.asarray(array, order="F" if i % 2 else "C") for i, (key, array) in enumerate(sorted(loaded.items()))}
np.savez(folder / "numpy.npz", **ordered)
np.savez_compressed(folder / "numpy_compressed.npz", **ordered)
print(f"NumPy {np.__version__} reads and writes {len(expected)} arrays as ganlib does")
