"""Races ganlib and PyTorch: runs both programs beside each other, a round each in turn, and prints a
Markdown table of medians and ratios.

    python race.py --ganlib ./ganlib --python VENV/bin/python

A contestant starts, warms up, and waits for commands on its standard input while another is timed. Both
compute the same iterations, on the same number of threads, in float32. Times are milliseconds; a ratio
above 1 says how many times faster ganlib is. The multiply-add peak of the machine is taken before and
after each race: where the two differ, or others used the processor, the machine was not quiet.

With --device cuda both compute on the same GPU, in the precision that the title says.
"""

import argparse
import datetime
import json
import os
import re
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def catfaces(f):
    name = f"CatFaces, features {f}, batch 32"
    sets = ["--preset", "catfaces", "--set", f"FEATURES_GEN={f}", "--set", f"FEATURES_CRITIC={f}"]
    net = ["--net", "catfaces", "--f", str(f)]
    return name, sets, net


def cases():
    """The races: title, command, arguments of ganlib bench, and of each PyTorch program with its name."""
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


def gpu_cases():
    """The races on a GPU. PyTorch runs eagerly, and as one CUDA graph."""
    def peers(more):
        return [("eager", more), ("graph", more + ["--graph"])]

    _, sets, net = catfaces(64)
    for precision in ("float32", "tf32", "bf16"):
        for batch in ("32", "128"):
            yield (f"CatFaces, features 64, batch {batch}, {precision}", "round",
                   sets + ["--set", f"BATCH_SIZE={batch}", "--precision", precision],
                   peers(net + ["--batch", batch, "--precision", precision]))
    yield "MNIST MLP WGAN-GP, batch 64, float32", "round", ["--preset", "mnist-mlp-wgangp"], peers(["--net", "mlp_mnist"])
    yield "DCGAN 16, batch 64, float32", "round", ["--preset", "dcgan16"], peers(["--net", "dcgan16"])
    for n in (1, 64, 1024):
        yield f"sampling, CatFaces, features 64, batch {n}, float32", f"sample {n}", sets, peers(net + ["--sampler", "folded"])


class Contestant:
    """A program that answers commands."""

    def __init__(self, label, argv, log):
        self.label, self.ms = label, []
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.ready = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"race.py: {' '.join(self.process.args)}: ended with code {self.process.wait()}")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def busy():
    """Seconds that the machine's processors have been used so far, with what its host took away."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def used(process):
    """Seconds that a process has used so far."""
    with open(f"/proc/{process.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def race(options, title, command, sets, peers, log):
    """Runs one race and returns its table rows and how many processors others used."""
    print(f"{title}: warming up", file=sys.stderr)
    ours = Contestant("ganlib", [options.ganlib, "bench", *sets, "--threads", options.threads, "--on-demand", "--device", options.device,
                                 *(["--engine", options.engine] if options.engine else [])], log)
    all_of_them = [ours]
    try:
        for label, more in peers:
            argv = [options.python, os.path.join(HERE, "pytorch.py"), *more, "--threads", options.threads, "--device", options.device]
            all_of_them.append(Contestant(label, argv, log))
        before, others = ours.ask("peak").get("gflops", 0), []
        for c in all_of_them:
            c.ask(command)  # the first one of a kind prepares it
        for r in range(options.rounds):
            print(f"{title}: round {r + 1}/{options.rounds}", file=sys.stderr)
            turn = r % len(all_of_them)
            for c in all_of_them[turn:] + all_of_them[:turn]:
                time.sleep(0.5)  # the workers of the one before go to sleep
                start, machine, own = time.perf_counter(), busy(), used(c.process)
                c.ms.append(c.ask(command)["ms"])
                seconds = time.perf_counter() - start
                others.append(max(0.0, (busy() - machine - used(c.process) + own) / seconds))
        after = ours.ask("peak").get("gflops", 0)
    finally:
        for c in all_of_them:
            c.close()
    return ours, all_of_them[1:], before, after, statistics.median(others)


def spread(ms):
    return f"{number(statistics.median(ms))} ({number(min(ms))}–{number(max(ms))})"


def number(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.1f}" if v >= 10 else f"{v:.2f}"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ganlib", required=True, help="the program ganlib")
    p.add_argument("--python", required=True, help="a Python that has PyTorch")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--threads", default="2")
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--engine", default="", help="ganlib's engine; without it the fastest")
    p.add_argument("--only", default="", help="races and PyTorch programs whose name matches this regular expression")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile, which needs a C++ compiler")
    p.add_argument("--log", default=os.devnull, help="file for what the programs write to standard error")
    o = p.parse_args()
    if not os.path.exists("/proc/stat"):
        sys.exit("race.py: wants Linux, whose /proc tells what else uses the processor")
    titles = {}
    with open(o.log, "w") as log:
        for title, command, sets, peers in gpu_cases() if o.device == "cuda" else cases():
            peers = [(label, more) for label, more in peers
                     if re.search(o.only, f"{title}, {label}") and not (o.no_compile and label == "compiled")]
            if not peers:
                continue
            ours, theirs, before, after, others = race(o, title, command, sets, peers, log)
            if not titles:
                print("| | ganlib, ms | PyTorch program | PyTorch, ms | ratio | peak before, after | others |")
                print("| --- | --- | --- | --- | --- | --- | --- |")
            titles.update(cpu=ours.ready["cpu"], engine=ours.ready["engine"], torch=theirs[0].ready["program"])
            for c in theirs:
                ratio = statistics.median(c.ms) / statistics.median(ours.ms)
                print(f"| {title} | {spread(ours.ms)} | {c.label} | {spread(c.ms)} | {ratio:.2f} "
                      f"| {before:.0f}, {after:.0f} | {others:.1f} |", flush=True)
    if not titles:
        sys.exit(f"race.py: --only {o.only}: matches no race")
    print(f"\n{titles['cpu']}, {o.threads} threads, {datetime.date.today()}. ganlib's {titles['engine']} engine, {titles['torch']}. "
          f"Medians of {o.rounds} rounds in turn (smallest–largest). Ratio: PyTorch's time over ganlib's. Peak: multiply-adds in "
          "GFLOP/s, before and after each race. Others: processors that other programs used meanwhile, of which a quiet machine has 0.")


if __name__ == "__main__":
    main()
