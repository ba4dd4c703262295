"""What is raced: title, command, arguments of ganlib bench, and of each PyTorch program with its name."""


def catfaces(f):
    name = f"CatFaces, features {f}, batch 32"
    sets = ["--preset", "catfaces", "--set", f"FEATURES_GEN={f}", "--set", f"FEATURES_CRITIC={f}"]
    net = ["--net", "catfaces", "--f", str(f)]
    return name, sets, net


def cases():
    """The races on a CPU."""
    eager, compiled, seed = ("eager", []), ("compiled", ["--compile", "all"]), ("tutorial", ["--impl", "seed"])
    for f in (64, 16, 8):
        name, sets, net = catfaces(f)
        yield name, "round", sets, [(label, net + more) for label, more in (eager, compiled, seed)]
    yield "MNIST MLP WGAN-GP, batch 64", "round", ["--preset", "mnist-mlp-wgangp"], [("eager", ["--net", "mlp_mnist"])]
    yield "DCGAN 16, batch 64", "round", ["--preset", "dcgan16"], [("eager", ["--net", "dcgan16"])]
    yield ("Keras-style WGAN, batch 128, 1 critic step", "round",
           ["--preset", "keras-wgan", "--set", "BATCH_SIZE=128", "--set", "CRITIC_ITERATIONS=1"],
           [("eager", ["--net", "keras_wgan", "--batch", "128", "--critic-steps", "1"])])
    _, sets, net = catfaces(64)
    for n in (1, 64):
        peers = [(label, net + ["--sampler", label]) for label in ("eager", "frozen")]
        yield f"sampling, CatFaces, features 64, batch {n}", f"sample {n}", sets, peers


# How PyTorch runs on a GPU: launch by launch, through torch.compile, and as one CUDA graph; with channels last in
# memory, and first.
GPU_WAYS = [
    ("eager", []), ("eager, NCHW", ["--format", "nchw"]), ("compiled", ["--compile", "all"]),
    ("graph", ["--graph"]), ("graph, NCHW", ["--graph", "--format", "nchw"]),
]


def gpu_cases():
    """The races on a GPU."""
    def peers(more, ways=("eager", "graph")):
        return [(label, more + way) for label, way in GPU_WAYS if label in ways]

    everything = [label for label, _ in GPU_WAYS]
    _, sets, net = catfaces(64)
    for precision in ("float32", "tf32", "bf16"):
        for batch in ("32", "128"):
            yield (f"CatFaces, features 64, batch {batch}, {precision}", "round",
                   sets + ["--set", f"BATCH_SIZE={batch}", "--precision", precision],
                   peers(net + ["--batch", batch, "--precision", precision], everything))
    for precision in ("float32", "tf32", "bf16"):
        more = ["--precision", precision]
        yield f"MNIST MLP WGAN-GP, batch 64, {precision}", "round", ["--preset", "mnist-mlp-wgangp", *more], peers(["--net", "mlp_mnist", *more])
        yield f"DCGAN 16, batch 64, {precision}", "round", ["--preset", "dcgan16", *more], peers(["--net", "dcgan16", *more])
        for n in (1, 64, 1024):
            yield (f"sampling, CatFaces, features 64, batch {n}, {precision}", f"sample {n}", sets + more,
                   peers(net + ["--sampler", "folded", *more], ("eager", "eager, NCHW", "graph", "graph, NCHW")))
