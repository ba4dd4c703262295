#!/usr/bin/env python3
"""Writes testdata/golden-extra/train-wgangp-20: twenty WGAN-GP steps of PyTorch to follow.

    python3 testdata/train20.py [folder]

Needs PyTorch and nothing else; the committed case was made with the version that its case.json names.
The networks are those of the catfaces preset for 16 pixels with 4 features and 8 numbers of noise,
batches of 3, three critic steps before each generator step, lambda 10, Adam(1e-4, 0, 0.9).

The run is computed in float64 and stored in float32. The bound of each tensor, on the root mean square
of its error, is ten times what the same run in PyTorch's float32 loses, at least 2e-6 of the tensor's
own root mean square (for losses: of the scores that cancel in it) and at least 1e-9. Parameters must
come within 1e-4 after all steps.
"""

import json
import math
import pathlib
import struct
import sys

import torch
from torch import nn

SEED = 20
BATCH, STEPS, CRITIC_STEPS, LAMBDA = 3, 20, 3, 10.0
ADAM = {"type": "adam", "lr": 1e-4, "beta1": 0.0, "beta2": 0.9, "eps": 1e-8}


def conv(kind, inputs, outputs, stride, padding, bias):
    layer = {"type": kind, "in": inputs, "out": outputs, "kernel": [4, 4], "stride": [stride, stride],
             "padding": [padding] * 4, "bias": bias}
    if kind == "conv_transpose2d":
        layer["output_padding"] = [0, 0]
    return layer


GENERATOR = [
    conv("conv_transpose2d", 8, 16, 1, 0, False),
    {"type": "batch_norm", "features": 16, "eps": 1e-5, "momentum": 0.1, "dims": 4},
    {"type": "relu"},
    conv("conv_transpose2d", 16, 8, 2, 1, False),
    {"type": "batch_norm", "features": 8, "eps": 1e-5, "momentum": 0.1, "dims": 4},
    {"type": "relu"},
    conv("conv_transpose2d", 8, 3, 2, 1, True),
    {"type": "tanh"},
]
CRITIC = [
    conv("conv2d", 3, 4, 2, 1, True),
    {"type": "leaky_relu", "slope": 0.2},
    conv("conv2d", 4, 8, 2, 1, False),
    {"type": "instance_norm", "features": 8, "eps": 1e-5, "affine": True},
    {"type": "leaky_relu", "slope": 0.2},
    conv("conv2d", 8, 1, 2, 0, True),
    {"type": "reshape", "shape": [1]},
]


def module(spec):
    kind = spec["type"]
    if kind in ("conv2d", "conv_transpose2d"):
        make = nn.Conv2d if kind == "conv2d" else nn.ConvTranspose2d
        return make(spec["in"], spec["out"], 4, spec["stride"][0], spec["padding"][0], bias=spec["bias"])
    return {
        "batch_norm": lambda: nn.BatchNorm2d(spec["features"], spec["eps"], spec["momentum"]),
        "instance_norm": lambda: nn.InstanceNorm2d(spec["features"], spec["eps"], affine=spec["affine"]),
        "relu": nn.ReLU,
        "leaky_relu": lambda: nn.LeakyReLU(spec["slope"]),
        "tanh": nn.Tanh,
        "reshape": lambda: nn.Flatten(1),
    }[kind]()


def build(specs):
    net = nn.Sequential(*[module(s) for s in specs])
    for layer in net:  # away from PyTorch's small weights, so that scores and penalties matter
        for name, p in layer.named_parameters():
            with torch.no_grad():
                if isinstance(layer, (nn.BatchNorm2d, nn.InstanceNorm2d)):
                    p.copy_(torch.randn_like(p) * 0.2 + (1.0 if name == "weight" else 0.0))
                else:
                    p.copy_(torch.randn_like(p) * (0.15 if name == "weight" else 0.05))
    return net


def tensors_of(prefix, net):
    """The parameters and running statistics of a network, by the case's names."""
    params = {f"{prefix}.param.{name}": p for name, p in net.named_parameters()}
    buffers = {f"{prefix}.buffer.{name}": b for name, b in net.named_buffers() if b.dtype.is_floating_point}
    return params, buffers


def draw():
    """All inputs, as float32 numbers in float64."""
    torch.manual_seed(SEED)
    inputs = {}
    for prefix, specs in (("generator", GENERATOR), ("critic", CRITIC)):
        for group in tensors_of(prefix, build(specs)):
            inputs.update({name: t.detach().clone() for name, t in group.items()})
    for k in range(STEPS):
        for j in range(CRITIC_STEPS):
            name = f"step.{k}.critic.{j}"
            coarse = torch.rand(BATCH, 3, 4, 4) * 2 - 1  # smooth images rather than noise
            inputs[name + ".real"] = nn.functional.interpolate(coarse, size=16, mode="bilinear")
            inputs[name + ".z"] = torch.randn(BATCH, 8, 1, 1)
            inputs[name + ".alpha"] = torch.rand(BATCH, 1, 1, 1)
        inputs[f"step.{k}.generator.z"] = torch.randn(BATCH, 8, 1, 1)
    inputs["sample.z"] = torch.randn(4, 8, 1, 1)
    return {name: t.double() for name, t in inputs.items()}


def train(inputs, dtype):
    """Runs the case and returns its outputs, and the scores of each loss."""
    data = {name: t.to(dtype) for name, t in inputs.items()}
    out, scores = {}, {}
    nets = {}
    for prefix, specs in (("generator", GENERATOR), ("critic", CRITIC)):
        net = nn.Sequential(*[module(s) for s in specs]).to(dtype)
        for group in tensors_of(prefix, net):
            for name, t in group.items():
                with torch.no_grad():
                    t.copy_(data[name])
        nets[prefix] = net
    generator, critic = nets["generator"], nets["critic"]

    def adam(net):
        return torch.optim.Adam(net.parameters(), ADAM["lr"], (ADAM["beta1"], ADAM["beta2"]), ADAM["eps"])

    generator_optimizer, critic_optimizer = adam(generator), adam(critic)
    for k in range(STEPS):
        for j in range(CRITIC_STEPS):
            name = f"step.{k}.critic.{j}"
            real = data[name + ".real"]
            with torch.no_grad():
                fake = generator(data[name + ".z"])
            fakes, reals = critic(fake), critic(real)
            loss = fakes.mean() - reals.mean()
            scores[name + ".loss"] = torch.cat([fakes, reals]).detach()
            alpha = data[name + ".alpha"]
            points = (alpha * real + (1 - alpha) * fake).requires_grad_()
            gradient, = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
            norm = gradient.flatten(1).norm(dim=1)
            penalty = LAMBDA * ((norm - 1) ** 2).mean()
            critic_optimizer.zero_grad()
            (loss + penalty).backward()
            critic_optimizer.step()
            out[name + ".loss"] = loss.detach().reshape(1)
            out[name + ".penalty"] = penalty.detach().reshape(1)
        fakes = critic(generator(data[f"step.{k}.generator.z"]))
        loss = -fakes.mean()
        scores[f"step.{k}.generator.loss"] = fakes.detach()
        generator_optimizer.zero_grad()
        loss.backward()
        generator_optimizer.step()
        out[f"step.{k}.generator.loss"] = loss.detach().reshape(1)
    for prefix, net in nets.items():
        params, buffers = tensors_of(prefix, net)
        for name, p in params.items():
            out["update." + name] = p.detach() - data[name]
        for name, b in buffers.items():
            out["final." + name] = b.clone()
    generator.eval()
    with torch.no_grad():
        out["sample.image"] = generator(data["sample.z"])
    return {name: t.double() for name, t in out.items()}, scores


def rms(t):
    return math.sqrt((t * t).mean().item())


def bounds(exact, rounded, scores):
    limits = {}
    for name, want in exact.items():
        limit = max(10 * rms(rounded[name] - want), 2e-6 * rms(scores.get(name, want)), 1e-9)
        if name.startswith("update.") and limit > 1e-4:
            sys.exit(f"{name}: PyTorch's own float32 run is {limit / 10:.2g} away: no case to follow")
        limits[name] = float(f"{limit:.3g}")
    return limits


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        values = tensors[name].float().contiguous()
        raw = struct.pack(f"<{values.numel()}f", *values.flatten().tolist())
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "golden-extra" / "train-wgangp-20")
    inputs = draw()
    exact, scores = train(inputs, torch.float64)
    rounded, _ = train(inputs, torch.float32)
    case = {
        "format": 1, "name": "train-wgangp-20", "torch": torch.__version__, "seed": SEED, "kind": "training", "variant": "wgan-gp",
        "generator": GENERATOR, "critic": CRITIC, "batch": BATCH, "steps": STEPS, "critic_iterations": CRITIC_STEPS,
        "generator_optimizer": ADAM, "critic_optimizer": ADAM, "lambda": LAMBDA,
        "inputs": sorted(inputs), "bounds": dict(sorted(bounds(exact, rounded, scores).items())),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.json").write_text(json.dumps(case, indent=1) + "\n")
    write_safetensors(folder / "tensors.safetensors", inputs | exact)


if __name__ == "__main__":
    main()
