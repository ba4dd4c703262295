"""The PyTorch side of a race with ganlib: the same networks, losses, optimisers and schedules.

    python pytorch.py --net catfaces --f 64 --impl good --threads 2

It warms up, prints one line of JSON, and then answers commands on standard input as
"ganlib bench --on-demand" does, a line of JSON each:

    round       milliseconds of an iteration: the critic's steps and one generator step
    sample N    milliseconds for N samples at a time, in evaluation mode

With --hold it first waits for a line, once it has loaded PyTorch, so that programs can be started together and
warm up one after the other. With --check N it takes N iterations, prints the critic's distance of real and fake
samples, and ends.

--impl seed is the schedule of a typical tutorial script. --impl good is what a strong PyTorch engineer
would write: no needless work, channels last, fused optimisers; --compile all hands both steps to
torch.compile as whole functions. All arithmetic is in float32, on the CPU or, with --device cuda, on a GPU,
where --precision tf32 lets products round their operands and bf16 is automatic mixed precision, and --graph
captures the whole iteration, and sampling, as a CUDA graph.
"""

import argparse
import copy
import json
import sys
import time
import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F

LAMBDA, CLIP, Z = 10.0, 0.01, 100
ROUND = 0.25  # seconds that a round lasts at least, as in ganlib


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--net", default="catfaces", choices=list(NETS))
    p.add_argument("--f", type=int, default=64, help="features of the catfaces networks")
    p.add_argument("--batch", type=int, default=0, help="0: the network's own")
    p.add_argument("--critic-steps", type=int, default=0, help="0: the network's own")
    p.add_argument("--impl", default="good", choices=["seed", "good"])
    p.add_argument("--compile", default="none", choices=["none", "all"])
    p.add_argument("--sampler", default="eager", choices=["eager", "folded", "frozen"],
                   help="batch norm as it is; folded into the convolutions; folded, then torch.jit.freeze")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--precision", default="float32", choices=["float32", "tf32", "bf16"])
    p.add_argument("--graph", action="store_true", help="one CUDA graph; needs --device cuda")
    p.add_argument("--format", default="nhwc", choices=["nhwc", "nchw"],
                   help="where the channels of images lie in memory, with --impl good; nhwc is channels_last")
    p.add_argument("--hold", action="store_true")
    p.add_argument("--check", type=int, default=0, metavar="N")
    a = p.parse_args()
    if a.graph and (a.device != "cuda" or a.impl != "good" or a.compile != "none"):
        p.error("--graph: only with --device cuda, --impl good and without --compile")
    if a.precision == "bf16" and a.device != "cuda":
        p.error("--precision bf16: only with --device cuda")
    if a.compile != "none" and a.impl != "good":
        p.error("--compile all: only with --impl good")
    return a


# ---- Convolutions with a cheap second derivative.
# Autograd writes the second derivative of a convolution as a dilated convolution with a kernel as large
# as the image. The same value is a plain weight-gradient pass; these three functions are closed under
# differentiation (Karras et al., "conv2d_gradfix" of StyleGAN2-ADA).


def conv_backward(gy, x, w, stride, padding, mask):
    return torch.ops.aten.convolution_backward(gy, x, w, None, stride, padding, [1, 1], False, [0, 0], 1, mask)


class Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, stride, padding):
        ctx.save_for_backward(x, w)
        ctx.args = stride, padding
        return torch.conv2d(x, w, None, stride, padding)

    @staticmethod
    def backward(ctx, gy):
        x, w = ctx.saved_tensors
        need_x, need_w = ctx.needs_input_grad[:2]
        if need_x and need_w and not torch.is_grad_enabled():
            gx, gw, _ = conv_backward(gy, x, w, *ctx.args, [True, True, False])
            return gx, gw, None, None
        gx = ConvInput.apply(gy, w, x, *ctx.args) if need_x else None
        gw = ConvWeight.apply(gy, x, w, *ctx.args) if need_w else None
        return gx, gw, None, None


class ConvInput(torch.autograd.Function):
    """The gradient at the input, linear in gy and w; x gives the shape."""

    @staticmethod
    def forward(ctx, gy, w, x, stride, padding):
        ctx.save_for_backward(gy, w)
        ctx.args = stride, padding
        return conv_backward(gy, x, w, stride, padding, [True, False, False])[0]

    @staticmethod
    def backward(ctx, ggx):
        gy, w = ctx.saved_tensors
        need_gy, need_w = ctx.needs_input_grad[:2]
        ggy = Conv.apply(ggx, w, *ctx.args) if need_gy else None
        gw = ConvWeight.apply(gy, ggx, w, *ctx.args) if need_w else None
        return ggy, gw, None, None, None


class ConvWeight(torch.autograd.Function):
    """The gradient at the weight, linear in gy and x; w gives the shape."""

    @staticmethod
    def forward(ctx, gy, x, w, stride, padding):
        ctx.save_for_backward(gy, x)
        ctx.args = stride, padding
        return conv_backward(gy, x, w, stride, padding, [False, True, False])[1]

    @staticmethod
    def backward(ctx, ggw):
        gy, x = ctx.saved_tensors
        need_gy, need_x = ctx.needs_input_grad[:2]
        ggy = Conv.apply(x, ggw, *ctx.args) if need_gy else None
        gx = ConvInput.apply(gy, ggw, x, *ctx.args) if need_x else None
        return ggy, gx, None, None, None


class FixedConv2d(nn.Conv2d):
    def forward(self, x):
        if not torch.is_grad_enabled():
            return torch.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        w = self.weight
        if torch.is_autocast_enabled("cuda"):
            x, w = x.bfloat16(), w.bfloat16()
        y = Conv.apply(x, w, self.stride, self.padding)
        return y if self.bias is None else y + self.bias.view(1, -1, 1, 1)


# ---- Networks.


def catfaces(a):
    f, good = a.f, a.impl == "good"
    layers = []
    for i, (cin, cout) in enumerate([(Z, 16 * f), (16 * f, 8 * f), (8 * f, 4 * f), (4 * f, 2 * f)]):
        stride, padding = (1, 0) if i == 0 else (2, 1)
        layers += [nn.ConvTranspose2d(cin, cout, 4, stride, padding, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True)]
    generator = nn.Sequential(*layers, nn.ConvTranspose2d(2 * f, 3, 4, 2, 1), nn.Tanh())

    # Traced whole, the functions above would lose their second derivative without a word.
    conv = FixedConv2d if good and a.compile == "none" else nn.Conv2d
    # A group norm of one channel a group is the instance norm, and faster.
    norm = (lambda c: nn.GroupNorm(c, c)) if good else (lambda c: nn.InstanceNorm2d(c, affine=True))
    layers = [conv(3, f, 4, 2, 1), nn.LeakyReLU(0.2)]
    for c in (f, 2 * f, 4 * f):
        layers += [conv(c, 2 * c, 4, 2, 1, bias=False), norm(2 * c), nn.LeakyReLU(0.2)]
    return generator, nn.Sequential(*layers, conv(8 * f, 1, 4, 2, 0), nn.Flatten(0))


def mlp(a):
    def hidden(sizes, activation):
        return [m for i, o in zip(sizes, sizes[1:]) for m in (nn.Linear(i, o), activation())][:-1]

    generator = nn.Sequential(nn.Flatten(), *hidden([Z, 256, 512, 1024, 784], nn.ReLU), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    return generator, nn.Sequential(nn.Flatten(), *hidden([784, 1024, 512, 256, 1], lambda: nn.LeakyReLU(0.2)), nn.Flatten(0))


def dcgan16(a):
    up = nn.ConvTranspose2d
    generator = nn.Sequential(
        up(Z, 128, 4, 1, 0), nn.BatchNorm2d(128), nn.ReLU(True),
        up(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(True), up(64, 3, 4, 2, 1), nn.Tanh())
    return generator, nn.Sequential(
        nn.Conv2d(3, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.2),
        nn.Conv2d(128, 1, 4, 1, 0), nn.Flatten(), nn.Linear(1, 1), nn.Flatten(0))


def keras(a):
    layers, i = [nn.Flatten()], Z
    for o in (256, 512, 1024):
        layers += [nn.Linear(i, o, bias=False), nn.BatchNorm1d(o, eps=1e-3, momentum=0.01), nn.LeakyReLU(0.2)]
        i = o
    generator = nn.Sequential(*layers, nn.Linear(i, 784, bias=False), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    same = nn.ZeroPad2d((1, 2, 1, 2))  # Keras' "same" of 28 to 14 to 7 pixels
    return generator, nn.Sequential(
        same, nn.Conv2d(1, 64, 5, 2), nn.LeakyReLU(0.2), same, nn.Conv2d(64, 128, 5, 2), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(128 * 49, 1), nn.Flatten(0))


# name: networks, image, loss, critic steps, batch, optimiser, its settings
NETS = {
    "catfaces": (catfaces, (3, 64, 64), "gp", 5, 32, "adam", dict(lr=1e-4, betas=(0.0, 0.9))),
    "mlp_mnist": (mlp, (1, 28, 28), "gp", 5, 64, "adam", dict(lr=1e-4, betas=(0.0, 0.9))),
    "dcgan16": (dcgan16, (3, 16, 16), "bce", 1, 64, "adam", dict(lr=2e-4, betas=(0.5, 0.999))),
    "keras_wgan": (keras, (1, 28, 28), "clip", 5, 64, "rmsprop", dict(lr=5e-5, alpha=0.9, eps=1e-7)),
}


def initialise(m):
    if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)):
        nn.init.normal_(m.weight, 0.0, 0.02)


# ---- The two schedules.


class Trainer:
    """Networks, optimisers and real images, which are noise."""

    def __init__(self, a):
        make, self.image, self.loss, steps, batch, kind, settings = NETS[a.net]
        self.a, self.batch, self.steps = a, a.batch or batch, a.critic_steps or steps
        torch.manual_seed(0)
        self.g, self.c = make(a)
        nhwc = a.impl == "good" and a.net != "mlp_mnist" and a.format == "nhwc"
        self.format = torch.channels_last if nhwc else torch.contiguous_format
        for net in (self.g, self.c):
            net.apply(initialise)
            net.to(memory_format=self.format)
        self.opt_g, self.opt_c = (self.optimiser(kind, net.parameters(), dict(settings)) for net in (self.g, self.c))
        self.data = (torch.rand(2048, *self.image) * 2 - 1).contiguous(memory_format=self.format)

    def optimiser(self, kind, params, settings):
        if self.a.impl == "good":
            settings["fused" if kind == "adam" else "foreach"] = True
            if self.a.graph:
                settings["capturable"] = True
        return (torch.optim.Adam if kind == "adam" else torch.optim.RMSprop)(list(params), **settings)

    def mixed(self):
        """Automatic mixed precision with --precision bf16. A graph keeps no casts of weights, which change."""
        return torch.autocast("cuda", torch.bfloat16, enabled=self.a.precision == "bf16", cache_enabled=not self.a.graph)

    def z(self):
        return torch.randn(self.batch, Z, 1, 1)

    def real(self):
        return self.data[torch.randint(0, len(self.data), (self.batch,))]

    def alpha(self):
        return torch.rand(self.batch, 1, 1, 1)

    def distance(self):
        """The critic's mean score of real samples less that of fake ones, over many."""
        with torch.no_grad(), self.mixed():
            parts = [(self.c(self.real()).float().mean() - self.c(self.g(self.z())).float().mean()).item() for _ in range(16)]
        return sum(parts) / len(parts)

    def finite(self):
        return all(torch.isfinite(p).all().item() for net in (self.g, self.c) for p in net.parameters())


class Seed(Trainer):
    """A typical tutorial's schedule. With a penalty, one real batch serves all critic steps and fakes stay in
    the graph, so that each critic step also passes back through the generator; its step takes the last fake."""

    def critic_step(self, real):
        fake = self.g(self.z())
        sr, sf = self.c(real), self.c(fake if self.loss == "gp" else fake.detach())
        if self.loss == "bce":
            loss = F.binary_cross_entropy_with_logits(sr, torch.ones_like(sr)) \
                + F.binary_cross_entropy_with_logits(sf, torch.zeros_like(sf))
        else:
            loss = sf.mean() - sr.mean()
        if self.loss == "gp":
            alpha = self.alpha()
            mixed = alpha * real + (1 - alpha) * fake
            score = self.c(mixed)
            (grad,) = torch.autograd.grad(score, mixed, torch.ones_like(score), create_graph=True, retain_graph=True)
            loss = loss + LAMBDA * ((grad.reshape(len(grad), -1).norm(2, dim=1) - 1) ** 2).mean()
        self.c.zero_grad()
        loss.backward(retain_graph=self.loss == "gp")
        self.opt_c.step()
        if self.loss == "clip":
            for p in self.c.parameters():
                p.data.clamp_(-CLIP, CLIP)
        return fake

    def generator_step(self, fake):
        s = self.c(self.g(self.z()) if self.loss == "clip" else fake)
        loss = F.binary_cross_entropy_with_logits(s, torch.ones_like(s)) if self.loss == "bce" else -s.mean()
        self.g.zero_grad()
        loss.backward()
        self.opt_g.step()

    def iteration(self):
        real = self.real()
        for _ in range(self.steps):
            fake = self.critic_step(real)
        self.generator_step(fake)


class Good(Trainer):
    """Fakes without a tape, real and fake samples as one batch where the critic has no batch statistics, no
    gradients of the critic's weights in the generator's step, new real samples for every critic step."""

    def __init__(self, a):
        super().__init__(a)
        self.params = list(self.c.parameters())
        self.gen, self.critic_grads = self.g, None
        if a.compile == "all":
            self.gen = torch.compile(self.g)
            if self.loss == "gp":
                self.critic_grads = torch.compile(self.functional_critic_grads, fullgraph=True)
                self.check_gradients()
            self.generator_loss = torch.compile(self.generator_loss)

    def fake(self):
        with torch.no_grad(), self.mixed():
            return self.gen(self.z()).float()

    def critic_loss(self, real, fake, alpha=None):
        n = len(real)
        s = self.c(torch.cat([real, fake]))
        loss = s[n:].mean() - s[:n].mean()
        if self.loss == "gp":
            mixed = torch.lerp(fake, real, self.alpha() if alpha is None else alpha).requires_grad_()
            (grad,) = torch.autograd.grad(self.c(mixed).sum(), mixed, create_graph=True)
            loss = loss + LAMBDA * (torch.linalg.vector_norm(grad, dim=(1, 2, 3)) - 1).square().mean()
        return loss

    def functional_critic_grads(self, params, real, fake, alpha):
        """The gradients as one function, so that torch.compile sees the double backward whole."""
        n = len(real)

        def total(params):
            def score(x):
                return torch.func.functional_call(self.c, params, (x,))

            s = score(torch.cat([real, fake]))
            grad = torch.func.grad(lambda x: score(x).sum())(torch.lerp(fake, real, alpha))
            penalty = (grad.square().sum((1, 2, 3)).sqrt() - 1).square().mean()
            return s[n:].mean() - s[:n].mean() + LAMBDA * penalty

        return torch.func.grad(total)(params)

    def compiled_grads(self, real, fake, alpha):
        return self.critic_grads({k: p.detach() for k, p in self.c.named_parameters()}, real, fake, alpha)

    def check_gradients(self):
        """The compiled gradients must be autograd's: a program that computes something else wins no race."""
        real, fake, alpha = self.real(), self.fake(), self.alpha()
        self.critic_loss(real, fake, alpha).backward()
        grads = self.compiled_grads(real, fake, alpha)
        pairs = [(p.grad, grads[k]) for k, p in self.c.named_parameters()]
        error = (sum((x - y).square().sum() for x, y in pairs) / sum(x.square().sum() for x, _ in pairs)).sqrt().item()
        if not error < 0.02:
            sys.exit(f"pytorch.py: compiled gradients of the critic differ from autograd's: relative error {error:g}")

    def critic_step(self):
        real, fake = self.real(), self.fake()
        if self.critic_grads is not None:
            grads = self.compiled_grads(real, fake, self.alpha())
            for k, p in self.c.named_parameters():  # the fused optimiser needs p's strides, and does not check
                p.grad = grads[k] if grads[k].stride() == p.stride() else torch.empty_like(p).copy_(grads[k])
        else:
            with self.mixed():
                loss = self.critic_loss(real, fake)
            self.opt_c.zero_grad(set_to_none=True)
            loss.backward()
        self.opt_c.step()
        if self.loss == "clip":
            with torch.no_grad():
                torch._foreach_clamp_min_(self.params, -CLIP)
                torch._foreach_clamp_max_(self.params, CLIP)

    def bce_step(self):
        """One fake batch serves both steps. The critic has batch norm, so real and fake stay apart."""
        with self.mixed():
            self.kept = self.gen(self.z())
            sr, sf = self.c(self.real()), self.c(self.kept.detach())
            loss = F.softplus(-sr).mean() + F.softplus(sf).mean()
        self.opt_c.zero_grad(set_to_none=True)
        loss.backward()
        self.opt_c.step()

    def generator_loss(self, z):
        s = self.c(self.kept if self.loss == "bce" else self.g(z))
        return F.softplus(-s).mean() if self.loss == "bce" else -s.mean()

    def iteration(self):
        for _ in range(self.steps):
            self.bce_step() if self.loss == "bce" else self.critic_step()
        for p in self.params:
            p.requires_grad_(False)
        with self.mixed():
            loss = self.generator_loss(self.z())
        self.opt_g.zero_grad(set_to_none=True)
        loss.backward()
        self.opt_g.step()
        for p in self.params:
            p.requires_grad_(True)


# ---- Sampling.


def folded(net):
    """The network in evaluation mode, each BatchNorm2d folded into the convolution before it."""
    out = []
    for m in net:
        if isinstance(m, nn.BatchNorm2d):
            out[-1] = torch.nn.utils.fusion.fuse_conv_bn_eval(out[-1], m, transpose=isinstance(out[-1], nn.ConvTranspose2d))
        else:
            out.append(m)
    return nn.Sequential(*out).eval()


class Sampler:
    def __init__(self, t):
        self.t, self.nets = t, {}

    def __call__(self, n):
        """Draws n samples; the first call for an n prepares the network."""
        with torch.inference_mode(), self.t.mixed():
            if n not in self.nets:
                net = self.prepare(n)
                self.nets[n] = lambda: net(torch.randn(n, Z, 1, 1)).float().cpu()
                if self.t.a.graph:
                    kept = []
                    replay = captured(lambda: kept.append(net(torch.randn(n, Z, 1, 1))))
                    self.nets[n] = lambda: (replay(), kept[-1].float().cpu())
            self.nets[n]()

    def prepare(self, n):
        kind, net = self.t.a.sampler, copy.deepcopy(self.t.g).eval()
        if kind != "eager":
            net = folded(net).to(memory_format=self.t.format)
        if kind == "frozen":
            with torch.no_grad():
                net = torch.jit.freeze(torch.jit.trace(net, torch.randn(n, Z, 1, 1)))
        return net


# ---- Commands.


def captured(run):
    """The work as one CUDA graph, after three that warm up on a stream of their own, as capture asks."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


def wait():
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def per_round(call):
    """How many calls make a round, after two that warm up."""
    call()
    call()
    wait()
    start = time.perf_counter()
    call()
    wait()
    return max(1, round(ROUND / (time.perf_counter() - start) + 0.5))


def timed(call, n):
    """Milliseconds per call."""
    wait()
    start = time.perf_counter()
    for _ in range(n):
        call()
    wait()
    return (time.perf_counter() - start) * 1e3 / n


def device_name(device):
    return torch.cuda.get_device_name() if device == "cuda" else torch.backends.cpu.get_cpu_capability()


def main():
    a = arguments()
    warnings.filterwarnings("ignore", category=FutureWarning)  # of torch.jit, which is still the fastest
    torch.set_num_threads(a.threads)
    torch.set_default_device(a.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = a.precision == "tf32"
    torch.backends.cudnn.benchmark = True  # shapes never change
    if a.hold:
        torch.zeros(1)  # the device is open
        sys.stdin.readline()
    t = (Seed if a.impl == "seed" else Good)(a)
    iteration = captured(t.iteration) if a.graph else t.iteration
    if a.check:
        for _ in range(a.check):
            iteration()
        print(json.dumps({"finite": t.finite(), "distance": t.distance(), "device": device_name(a.device)}))
        return
    n = per_round(iteration)
    sampler, calls = Sampler(t), {}
    print(json.dumps({"program": "PyTorch " + torch.__version__, "cpu": torch.backends.cpu.get_cpu_capability(),
                      "device": device_name(a.device), "threads": torch.get_num_threads(), "batch": t.batch, "critic_steps": t.steps,
                      "iterations_per_round": n}), flush=True)
    for line in sys.stdin:
        command = line.split()
        if command == ["round"]:
            ms = timed(iteration, n)
            if not t.finite():
                sys.exit("pytorch.py: the parameters are not finite")
        elif len(command) == 2 and command[0] == "sample":
            size = int(command[1])
            if size not in calls:
                calls[size] = per_round(lambda: sampler(size))
            ms = timed(lambda: sampler(size), calls[size])
        else:
            sys.exit(f"pytorch.py: command {line.strip()!r}: want round or sample N")
        print(json.dumps({"ms": ms}), flush=True)


if __name__ == "__main__":
    main()
