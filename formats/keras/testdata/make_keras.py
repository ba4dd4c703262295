"""Writes the files that the tests of this package read: small networks of the Keras-style WGAN with random
weights, saved in each way that Keras has and had, and for each network inputs with the outputs that Keras
computes. Made with Keras 3.15 on its PyTorch backend, h5py 3.16 and NumPy 2.4; another backend's outputs differ in
the last digits."""

import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

here = pathlib.Path(__file__).parent
random = np.random.default_rng(7)


def generator(z=5, width=2):
    model = keras.Sequential([keras.Input((z,))])
    for out in (width, 2 * width, 4 * width):
        model.add(layers.Dense(out, use_bias=False))
        model.add(layers.BatchNormalization(epsilon=1e-3, momentum=0.99))
        model.add(layers.LeakyReLU(negative_slope=0.2))
    model.add(layers.Dense(784, use_bias=False, activation="tanh"))
    model.add(layers.Reshape((28, 28, 1)))
    return model


def critic(width=2):
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(width, 5, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(2 * width, 5, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(1),
    ])


def keras2(path, model, **options):
    """As Keras 2 with TensorFlow did: names with ":0", and what was compiled."""
    with h5py.File(path, "w", **options) as f:
        f.attrs["layer_names"] = np.array([layer.name.encode() for layer in model.layers])
        for layer in model.layers:
            group = f.create_group(layer.name)
            names = [f"{layer.name}/{w.name}:0" for w in layer.weights]
            group.attrs["weight_names"] = np.array([n.encode() for n in names])
            for name, w in zip(names, layer.weights):
                group.create_dataset(name, data=w.numpy())
        f.create_dataset("optimizer_weights/RMSprop/iter:0", data=np.int64(3))


for name, model in (("generator", generator()), ("critic", critic())):
    for w in model.weights:
        x = 0.4 * random.normal(size=w.shape).astype("f4")
        w.assign(np.abs(x) + 0.5 if "variance" in w.path or "gamma" in w.path else x)
    model.save(here / f"{name}_model.h5")
    model.save_weights(here / f"{name}.weights.h5")
    with h5py.File(here / f"{name}_legacy.h5", "w") as f:
        legacy_h5_format.save_weights_to_hdf5_group(f, model)
    keras2(here / f"{name}_keras2.h5", model)
    x = random.normal(size=(3,) + model.input_shape[1:]).astype("f4")
    np.savez(here / f"{name}.npz", x=x, y=keras.ops.convert_to_numpy(model(x, training=False)))

keras2(here / "critic_latest.h5", model, libver="latest")

with h5py.File(here / "storage.h5", "w") as f:  # what is not read, and how that is said
    f.create_dataset("a/chunked", data=np.zeros((8, 8), "f4"), chunks=(4, 4))
    f.create_dataset("a/compressed", data=np.zeros((8, 8), "f4"), compression="gzip")
    f.create_dataset("a/text", data="hello")
    f.create_dataset("a/unwritten", (3,), "f4")
    f.create_dataset("a/scalar", data=np.float64(2.5))
    f.create_dataset("a/big", data=np.array([1, -2], ">i8"))
    f.create_dataset("a/half", data=np.array([1, 0.5], "f2"))
    for kind in ("i4", "u4", "u8", "u1", "i2"):
        f.create_dataset("a/" + kind, data=np.array([1, 100], kind))
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    small = h5py.h5d.create(f["a"].id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3,)), compact)
    small.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([1, 2, 3], "f4"))
    for i in range(30):  # a header in several pieces
        f["a"].attrs[f"attribute {i}"] = "x" * 100
        f["a/scalar"].attrs[f"attribute {i}"] = "x" * 100
    f.create_dataset("a/none", data=h5py.Empty("f4"))
    f.create_dataset("a/empty", data=np.zeros((0, 3), "f4"))
    f["a/alias"] = h5py.SoftLink("/a/half")
    f["b/else"] = h5py.ExternalLink("other.h5", "/x")
    f["b/same"] = f["a/half"]
with h5py.File(here / "dense.h5", "w", libver="latest") as f:
    for i in range(20):
        f.create_dataset(f"d{i}", data=np.float32(i))
with h5py.File(here / "loop.h5", "w") as f:
    f.create_group("a")["loop"] = f["/"]
