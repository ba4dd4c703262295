"""Reads a packed set as doc.go describes it, with NumPy and without ganlib: read.py FILE.

Every check sum is computed, and what the set holds is printed as one line of JSON.
"""

import hashlib
import json
import os
import struct
import sys

import numpy as np

MAGIC = b"\x89GPK\r\n\x1a\n"


def crc32c(data):
    """CRC-32C bit by bit, as RFC 3720 defines it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


path = sys.argv[1]
size = os.path.getsize(path)
with open(path, "rb") as f:
    header = f.read(64)
    f.seek(size - 128)
    trailer = f.read()

magic, version, h, w, c = struct.unpack("<8s4I", header[:24])
assert magic == MAGIC and version == 1 and not any(header[24:])
n, pixels_at, index_at, names_len, meta_len = struct.unpack("<5Q", trailer[:40])
assert trailer[120:] == MAGIC and not any(trailer[104:116])
assert struct.unpack("<I", trailer[116:120])[0] == crc32c(header + trailer[:116])
assert pixels_at == 64 and index_at % 64 == 0

images = np.memmap(path, np.uint8, "r", offset=pixels_at, shape=(n, h, w, c))
assert hashlib.sha256(images.tobytes()).digest() == trailer[40:72]
index = np.fromfile(path, np.uint8, 8 * n + names_len + meta_len, offset=index_at).tobytes()
assert hashlib.sha256(index).digest() == trailer[72:104]
assert index_at + len(index) + 128 == size
sums = np.frombuffer(index, "<u4", n)
ends = np.frombuffer(index, "<u4", n, 4 * n)
assert all(crc32c(image.tobytes()) == s for image, s in zip(images, sums))

names = index[8 * n : 8 * n + names_len]
starts = [0, *ends[:-1]]
print(json.dumps({
    "shape": images.shape,
    "names": [names[a:b].decode() for a, b in zip(starts, ends)],
    "metadata": json.loads(index[8 * n + names_len :]),
    "means": [float(m) for m in images.mean(axis=(1, 2, 3))],
}))
