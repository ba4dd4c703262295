"""Writes the files of this folder with PyTorch 2.15.0:  python make_torch.py

The tests know the numbers: they are written here as formulas, not drawn.
"""
import collections
import pathlib

import torch

here = pathlib.Path(__file__).parent
numbers = [0.0, -1.5, 2.0**-24, 65504.0, float("inf"), float("nan")]

dtypes = {str(d).removeprefix("torch."): torch.tensor(numbers).to(d) for d in (torch.float64, torch.float32, torch.float16, torch.bfloat16)}
dtypes |= {
    name: torch.tensor([0, 1, 2, 100]).to(getattr(torch, name))
    for name in ("int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool", "complex64", "float8_e5m2")
}
dtypes["negative"] = torch.tensor([-1, -(2**40)])
dtypes["empty"] = torch.zeros(0, 3)
dtypes["scalar"] = torch.tensor(7)

base = torch.arange(24, dtype=torch.float32)
views = {
    "whole": base.view(2, 3, 4),
    "turned": base.view(4, 6).t(),
    "every second": base[1::2],
    "corner": base.view(4, 6)[1:3, 2:5],
    "permuted": base.view(2, 3, 4).permute(2, 0, 1),
    "channels last": base.view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
    "repeated": torch.tensor([[1.0], [2.0]]).expand(2, 3),
}

inner = collections.OrderedDict(a=1, b=torch.nn.Parameter(torch.ones(2)))
tagged = torch.nn.Parameter(torch.full((2,), 3.0))
tagged.note = "a parameter with an attribute"
values = {
    "none": None, "bools": [True, False], "ints": [0, 255, 256, 65535, 65536, -1, 2**31, -(2**40), 2**70, -(2**70)],
    "float": 0.1, "text": "Käse", "size": torch.Size([2, 3]), "device": torch.device("cuda", 1), "dtype": torch.float16,
    "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "inner": inner, "tagged": tagged, 7: "number", True: "bool",
    "module": torch.nn.BatchNorm1d(2).state_dict(), "shared list": [inner["a"], [], {}],
}

torch.save(dtypes, here / "dtypes.pth")
torch.save(views, here / "views.pth")
torch.save(values, here / "values.pth")
torch.save(values, here / "values4.pth", pickle_protocol=4)
legacy = dict(_use_new_zipfile_serialization=False)
torch.save({k: v for k, v in dtypes.items() if v.dtype not in (torch.uint64, torch.uint32, torch.uint16, torch.float8_e5m2)}, here / "dtypes_legacy.pth", **legacy)
torch.save(views, here / "views_legacy.pth", **legacy)
torch.serialization.set_crc32_options(False)
torch.save({"a": base}, here / "nocrc.pth")
