"""Writes the files that TestNumpyFixtures reads. Run with NumPy 2.4; the same files come out each time."""

import pathlib

import numpy as np
from numpy.lib import format

here = pathlib.Path(__file__).parent
arrays = {
    "f4": np.array([[1.5, -2.25, 3], [np.inf, -np.inf, np.nan]], "<f4"),
    "f8": np.array([0.1, -1e300]),
    "f2": np.array([1, -0.5, 65504, 6e-8, np.inf], "<f2"),
    "big.f4": np.array([[1.5, -2], [3, 4]], ">f4"),
    "fortran": np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)),
    "fortran.f4": np.asfortranarray(np.arange(6, dtype="<f4").reshape(3, 2)),
    "i8": np.array([-(2**63), 2**63 - 1]),
    "i2": np.array([-32768, 32767], "<i2"),
    "i1": np.array([-128, 127], "i1"),
    "u8": np.array([2**63], "<u8"),
    "u4": np.array([2**32 - 1], "<u4"),
    "u2": np.array([65535], "<u2"),
    "u1": np.array([0, 255], "u1"),
    "bool": np.array([True, False]),
    "scalar": np.array(-7),
    "empty": np.zeros((0, 3), "<f4"),
    "text": np.array("cat"),
    "layer/weight": np.ones((1, 2), "<f4"),
}
np.savez(here / "numpy.npz", **arrays)
np.savez_compressed(here / "numpy_compressed.npz", **arrays)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(here / f"version{version[0]}.npy", "wb") as f:
        format.write_array(f, arrays["fortran.f4"], version)
with open(here / "object.npy", "wb") as f:
    format.write_array(f, np.array([{"a": 1}]))
np.save(here / "structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i8")]))
