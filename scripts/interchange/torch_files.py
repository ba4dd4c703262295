"""Files between PyTorch and ganlib, from PyTorch's side.

    torch_files.py write FOLDER      writes X.pth[.tar] and, beside it, X.expected.safetensors
    torch_files.py check FOLDER      loads what ganlib wrote: X.pth.tar, X.json, X.expected.safetensors

The networks are the tutorials', written with torch.nn. A generator X is in evaluation mode on z.
"""
import collections
import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn

TOLERANCE = 1e-5


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, t in sorted(tensors.items()):
        raw = t.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def read_safetensors(path):
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8 : 8 + n]), raw[8 + n :]
    header.pop("__metadata__", None)
    out = {}
    for name, t in header.items():
        kind = {"F32": "<f4", "I64": "<i8"}[t["dtype"]]
        begin, end = t["data_offsets"]
        out[name] = torch.from_numpy(np.frombuffer(data[begin:end], kind).reshape(t["shape"]).copy())
    return out


class CatGenerator(nn.Module):
    def __init__(self, z, channels, f, size):
        super().__init__()
        blocks, width, inside = [], f * size // 4, z
        while width >= 2 * f:
            stride, padding = (2, 1) if blocks else (1, 0)
            blocks.append(nn.Sequential(nn.ConvTranspose2d(inside, width, 4, stride, padding, bias=False), nn.BatchNorm2d(width), nn.ReLU()))
            inside, width = width, width // 2
        self.gen = nn.Sequential(*blocks, nn.ConvTranspose2d(inside, channels, 4, 2, 1), nn.Tanh())

    def forward(self, x):
        return self.gen(x)


class CatCritic(nn.Module):
    def __init__(self, channels, f, size):
        super().__init__()
        layers, width, side = [nn.Conv2d(channels, f, 4, 2, 1), nn.LeakyReLU(0.2)], f, size // 2
        while side > 4:
            layers.append(nn.Sequential(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.InstanceNorm2d(2 * width, affine=True), nn.LeakyReLU(0.2)))
            width, side = 2 * width, side // 2
        self.disc = nn.Sequential(*layers, nn.Conv2d(width, 1, 4, 2, 0))

    def forward(self, x):
        return self.disc(x)


class Model(nn.Module):
    """Sequential layers under the name model, and fc after them."""

    def __init__(self, layers, fc=None, shape=None):
        super().__init__()
        self.model, self.shape = nn.Sequential(*layers), shape
        if fc is not None:
            self.fc = nn.Sequential(fc)

    def forward(self, x):
        x = self.model(x)
        if hasattr(self, "fc"):
            x = self.fc(x.reshape(-1, 1))
        return x.reshape(-1, *self.shape) if self.shape else x


def mlp(widths, act, end):
    layers = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [nn.Linear(a, b), act() if i < len(widths) - 2 else end]
    return layers


def networks(info):
    """Returns the generator and the critic of what ganlib says of a preset."""
    z, c, s, w, v = (info[k] for k in ("z", "channels", "size", "features_gen", "features_critic"))
    leaky = lambda: nn.LeakyReLU(0.2)
    kind = info["networks"]
    if kind == "catfaces":
        return CatGenerator(z, c, w, s), CatCritic(c, v, s)
    if kind in ("mlp", "mlp-bce"):
        widths = [4 * v, 2 * v, v] if kind == "mlp" else [2 * v, v]
        pixels = c * s * s
        return Model(mlp([z, w, 2 * w, 4 * w, pixels], nn.ReLU, nn.Tanh()), shape=(c, s, s)), nn.Sequential(
            collections.OrderedDict(flat=nn.Flatten(), inner=Model(mlp([pixels, *widths, 1], leaky, nn.Identity())))
        )
    if kind == "dcgan16":
        up = lambda a, b, *k: nn.ConvTranspose2d(a, b, 4, *k)
        g = [up(z, 2 * w, 1, 0), nn.BatchNorm2d(2 * w), nn.ReLU(), up(2 * w, w, 2, 1), nn.BatchNorm2d(w), nn.ReLU(), up(w, c, 2, 1), nn.Tanh()]
        d = [nn.Conv2d(c, v, 4, 2, 1), leaky(), nn.Conv2d(v, 2 * v, 4, 2, 1), nn.BatchNorm2d(2 * v), leaky(), nn.Conv2d(2 * v, 1, 4, 1, 0)]
        return Model(g), Model(d, fc=nn.Linear(1, 1))
    if kind == "keras":
        layers, a = [], z
        for b in (w, 2 * w, 4 * w):
            layers += [nn.Linear(a, b, bias=False), nn.BatchNorm1d(b, eps=1e-3), leaky()]
            a = b
        return Model([*layers, nn.Linear(a, s * s * c, bias=False), nn.Tanh()], shape=(c, s, s)), None
    if kind == "toy":
        return Model(mlp([z, w, w, w, 2], nn.ReLU, nn.Identity())), Model(mlp([2, v, v, v, 1], nn.ReLU, nn.Identity()))
    raise ValueError(kind)


def optimizer(info, params):
    o = info["optimizer"]
    if o["rule"] == "adam":
        return torch.optim.Adam(params, lr=1, betas=(0.3, 0.4))
    if o["rule"] == "rmsprop":
        return torch.optim.RMSprop(params, lr=1, alpha=0.1)
    return torch.optim.SGD(params, lr=1, momentum=o["momentum"])


def near(got, want, what):
    worst = (got - want).abs().max().item()
    assert got.shape == want.shape and worst <= TOLERANCE, f"{what}: shape {tuple(got.shape)}, want {tuple(want.shape)}, off by {worst}"
    return worst


@torch.no_grad()
def check(folder):
    """Every file loads with weights_only=True and load_state_dict, and gives the images and scores that ganlib has."""
    found = 0
    for described in sorted(folder.glob("*.json")):
        info = json.loads(described.read_text())
        want = read_safetensors(described.with_suffix(".expected.safetensors"))
        file = torch.load(described.with_suffix(".pth.tar"), weights_only=True)
        assert torch.load(described.with_suffix(".pth.tar"), weights_only=True, mmap=True).keys() == file.keys()
        generator, critic = networks(info)
        generator.load_state_dict(file["state_dict"])
        image = generator.eval()(want["z"])
        assert 0.02 < image.std() < 0.98, f"{described.stem}: images that say nothing, standard deviation {image.std()}"
        worst = near(image, want["image"], f"{described.stem}: image")
        if critic is not None:
            inner = critic.inner if hasattr(critic, "inner") else critic
            inner.load_state_dict(file["critic_state_dict"])
            scores = critic.eval()(want["image"]).flatten()
            near(scores, want["scores"].flatten(), f"{described.stem}: scores")
        for key, net, name in (("optimizer", generator, "generator"), ("critic_optimizer", critic, "critic")):
            if info["optimizer"] is None or net is None:
                assert key not in file or net is None, f"{described.stem}: an optimiser that PyTorch does not have"
                continue
            o = optimizer(info, net.parameters())
            o.load_state_dict(file[key])
            group = o.param_groups[0]
            for setting, value in info["optimizer"]["group"].items():
                assert np.allclose(group[setting], value, rtol=1e-15, atol=0), f"{described.stem}: {setting} {group[setting]}, want {value}"
            for (param_name, p) in net.named_parameters():
                state = o.state[p]
                for theirs, ours in info["optimizer"]["state"].items():
                    expected = want[f"{name}.{ours}.{param_name.removeprefix('inner.')}"]
                    assert torch.equal(state[theirs], expected), f"{described.stem}: {key}: {theirs} of {param_name}"
                if info["optimizer"]["rule"] != "sgd":
                    assert state["step"] == info["optimizer"]["steps"], (state["step"], info["optimizer"]["steps"])
            with torch.enable_grad():  # and it goes on
                for p in net.parameters():
                    p.grad = torch.ones_like(p)
                o.step()
        print(f"{described.stem}: image within {worst:.1e}")
        found += 1
    assert found, f"nothing to check in {folder}"


def train(net, opt, z, steps):
    for _ in range(steps):
        opt.zero_grad()
        net(torch.randn(4, z, 1, 1)).square().mean().backward()
        opt.step()
    return net.eval()


@torch.no_grad()
def save(folder, name, root, net, z, **options):
    torch.save(root, folder / name, **options)
    stem = name.removesuffix(".tar").removesuffix(".pth")
    noise = torch.randn(3, z, 1, 1)
    write_safetensors(folder / f"{stem}.expected.safetensors", {"z": noise, "image": net.float()(noise)})


def write(folder):
    """CatFaces generators in the layouts that are about, small."""
    torch.manual_seed(20150)
    folder.mkdir(parents=True, exist_ok=True)
    legacy = dict(_use_new_zipfile_serialization=False)
    for name, kind, z, channels, f, size, options in (
        ("adam.pth.tar", "adam", 8, 3, 2, 16, {}),
        ("adam_legacy.pth.tar", "adam", 8, 3, 1, 16, legacy),
        ("rmsprop.pth", "rmsprop", 6, 1, 1, 32, {}),
        ("sgd_protocol4.pth", "sgd", 5, 3, 1, 16, dict(pickle_protocol=4)),
    ):
        net = CatGenerator(z, channels, f, size)
        opt = {
            "adam": lambda p: torch.optim.Adam(p, lr=3e-4, betas=(0.0, 0.9)),
            "rmsprop": lambda p: torch.optim.RMSprop(p, lr=5e-5, alpha=0.9),
            "sgd": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.5),
        }[kind](net.parameters())
        train(net, opt, z, 3)
        root = {"state_dict": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 3}
        save(folder, name, root, net, z, **options)

    net = CatGenerator(4, 3, 1, 16)
    train(net, torch.optim.SGD(net.parameters(), lr=0.1), 4, 2)
    save(folder, "bare.pth", net.state_dict(), net, 4)
    save(folder, "module.pth", {"epoch": 1, "model": {"module." + k: v for k, v in net.state_dict().items()}}, net, 4)
    save(folder, "double.pth", {"state_dict": net.double().state_dict()}, net, 4)
    net = net.to(torch.bfloat16)
    save(folder, "bfloat16_legacy.pth", {"state_dict": net.state_dict()}, net, 4, **legacy)
    net = net.to(torch.float16)
    # All parameters are views of one storage, and the weights lie channels last.
    flat = torch.cat([p.detach().flatten() for p in net.parameters()])
    shared, at = collections.OrderedDict(), 0
    for key, p in net.named_parameters():
        shared[key] = flat[at : at + p.numel()].view(p.shape)
        at += p.numel()
    for key, b in net.named_buffers():
        shared[key] = b
    first = next(iter(shared))
    shared[first] = shared[first].to(memory_format=torch.channels_last)
    save(folder, "shared.pth", {"state_dict": shared}, net, 4)


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](pathlib.Path(sys.argv[2]))
