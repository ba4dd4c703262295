"""Writes the images and cases.json that decode_test.go compares with.

Needs Pillow (the version is recorded in cases.json) and numpy. Run it in this folder:

    python pillow.py

inputs/ holds images drawn here. For each input and size, expected/ has what Pillow makes of it:
convert('RGB') and convert('RGB').convert('L'), then resize((S,S), BILINEAR), stored as PNG.
"""
import itertools
import json
import os

import numpy as np
import PIL
from PIL import Image


def pattern(h, w, seed=0):
    """Waves, a hard edge and a little noise, (h,w,3), 0 to 255."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    planes = [127 + 127 * np.sin(x / 3 + y / 7), 127 + 127 * np.cos(x * y / 90), (x * 5 + y * 3) % 256]
    a = np.stack(planes, -1) + rng.normal(0, 6, (h, w, 3))
    a[h // 3 : h // 2, w // 4 : w // 2] = (255, 0, 255)
    return np.clip(a, 0, 255).astype(np.uint8)


def inputs():
    rgb = lambda h, w, seed=0: Image.fromarray(pattern(h, w, seed))
    yield "down.png", rgb(59, 71), [16, 23], {}
    yield "up.png", rgb(7, 13), [32], {}
    yield "same.png", rgb(24, 24), [24], {}
    yield "both.png", rgb(20, 61), [40], {}  # up one way, down the other
    yield "strip.png", rgb(2, 90), [9], {}
    yield "dot.png", rgb(1, 1), [5], {}
    yield "grey.png", rgb(28, 28).convert("L"), [16, 32], {}
    yield "bits.png", rgb(20, 20).convert("1"), [12], {}
    rgba = np.dstack([pattern(30, 26), (np.arange(780).reshape(30, 26) % 256).astype(np.uint8)])
    yield "rgba.png", Image.fromarray(rgba), [17], {}
    yield "greyalpha.png", Image.fromarray(np.dstack([rgba[..., 1], rgba[..., 3]])), [17], {}
    palette = rgb(25, 25).quantize(14)
    yield "palette.png", palette, [14], {}
    yield "clear.png", palette, [14], {"transparency": 3}
    yield "plain.gif", palette, [14], {}
    yield "clear.gif", palette, [14], {"transparency": 3}
    yield "frames.gif", palette, [14], {"save_all": True, "append_images": [palette.rotate(90)]}
    yield "grey.jpg", rgb(40, 40).convert("L"), [24, 40], {"quality": 95}
    yield "444.jpg", rgb(40, 40), [24, 40], {"quality": 95, "subsampling": 0}
    yield "422.jpg", rgb(48, 48), [48, 20], {"quality": 95, "subsampling": 1}
    yield "420.jpg", rgb(39, 41), [24], {"quality": 95, "subsampling": 2}
    yield "420-square.jpg", rgb(40, 40, 1), [40], {"quality": 95, "subsampling": 2}
    yield "420-tiny.jpg", rgb(5, 4), [8], {"quality": 95, "subsampling": 2}
    yield "420-dot.jpg", rgb(3, 4), [8], {"quality": 95, "subsampling": 2}
    yield "progressive.jpg", rgb(40, 40), [24], {"quality": 95, "subsampling": 0, "progressive": True}


def offset_gifs():
    """The single frame of two files, moved to (2,3) on a canvas that is larger: Pillow writes none."""
    for name in ("plain", "clear"):
        with open(f"inputs/{name}.gif", "rb") as f:
            data = bytearray(f.read())
        frame = data.index(b"\x2c\x00\x00\x00\x00\x19\x00\x19\x00")
        data[6:10] = bytes([31, 0, 33, 0])
        data[frame + 1 : frame + 5] = bytes([2, 0, 3, 0])
        with open(f"inputs/{name}-offset.gif", "wb") as f:
            f.write(data)
        yield f"{name}-offset.gif", None, [20], {}


def tall_jpeg():
    """The 4:2:2 file with its sampling factors swapped, which makes it a (jumbled) 4:4:0 one."""
    with open("inputs/422.jpg", "rb") as f:
        data = bytearray(f.read())
    frame = data.index(b"\xff\xc0")
    assert data[frame + 11] == 0x21
    data[frame + 11] = 0x12
    with open("inputs/440.jpg", "wb") as f:
        f.write(data)
    yield "440.jpg", None, [48], {}


def main():
    os.makedirs("inputs", exist_ok=True)
    os.makedirs("expected", exist_ok=True)
    cases = []
    for name, image, sizes, options in itertools.chain(inputs(), offset_gifs(), tall_jpeg()):
        if image:
            image.save(f"inputs/{name}", **options)
        for size in sizes:
            with Image.open(f"inputs/{name}") as opened:
                rgb = opened.convert("RGB")
            case = {"input": name, "size": size}
            for mode, picture in (("rgb", rgb), ("grey", rgb.convert("L"))):
                case[mode] = f"{name.replace('.', '-')}-{size}-{mode}.png"
                picture.resize((size, size), Image.BILINEAR).save(f"expected/{case[mode]}")
            cases.append(case)
    with open("cases.json", "w") as f:
        json.dump({"pillow": PIL.__version__, "cases": cases}, f, indent=1)
        f.write("\n")


main()
