"""Writes python.safetensors with the reference implementation, for compat_test.go.

Made with safetensors 0.8.0 and numpy 2.4.6:  python make_python.py  (in this folder)
"""

import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2) / 8 - 1,
        "conv.bias": np.array([np.inf, -0.0, np.nan, 1e-45], dtype=np.float32),
        "double": np.array([[0.1, -1e300]], dtype=np.float64),
        "half": np.array([1.5, -65504.0, 6e-8], dtype=np.float16),
        "num_batches_tracked": np.array(7, dtype=np.int64),
        "step": np.array([-3, 2**31 - 1], dtype=np.int32),
        "small": np.array([-128, 127], dtype=np.int8),
        "pixels": np.array([0, 127, 255], dtype=np.uint8),
        "mask": np.array([True, False]),
        "empty": np.zeros((0, 4), dtype=np.float32),
        'odd "name"\n\\ <\u00e9\u2028\x01': np.zeros(1, dtype=np.uint8),
    },
    "python.safetensors",
    metadata={"format": "np <&>"},
)
