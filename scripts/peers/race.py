"""Races ganlib and PyTorch: runs both programs beside each other, a round each in turn, and prints a
Markdown table of medians and ratios.

    python race.py --ganlib ./ganlib --python VENV/bin/python

A contestant starts, warms up, and waits for commands on its standard input while another is timed. Both
compute the same iterations, on the same number of threads, in float32. Times are milliseconds; a ratio
above 1 says how many times faster ganlib is. The multiply-add peak of the machine is taken before and
after each race: where the two differ, or others used the processor, the machine was not quiet.

With --device cuda both compute on the same GPU, in the precision that the title says, and a second table
has the fastest PyTorch program of each race. A PyTorch program that fails is named, and the race goes on.

    python race.py --ganlib ./ganlib --python python3 --device cuda --only 'batch 32, (tf32|bf16)' --rounds 5
    python race.py --python python3 --device cuda --check 200

The second trains PyTorch's programs in each precision instead and compares what their critics have learnt.
"""

import argparse
import datetime
import os
import re
import statistics
import sys
import time

from cases import cases, gpu_cases
from contest import Contestant, Failed, busy, check, used


def race(options, title, command, sets, peers):
    """Runs one race. Returns ganlib's contestant, the others, those that failed, peaks and how many processors others
    used."""
    print(f"{title}: warming up", file=sys.stderr)
    everyone, failed, others = [], [], []
    ganlib = [options.ganlib, "bench", *sets, "--threads", options.threads, "--on-demand", "--device", options.device,
              *(["--engine", options.engine] if options.engine else []), *options.ganlib_args.split()]
    try:
        # Those on Python load it all at once, and warm up one after the other.
        for label, more in peers:
            everyone.append(Contestant(label, options.peer(more), options.patience, hold=True))
        ours = Contestant("ganlib", ganlib, options.patience)
        everyone.insert(0, ours)

        def each(contestants, do):
            """Lets all that have not failed do something; a failure of ganlib's ends the race."""
            for c in contestants:
                if c in failed:
                    continue
                try:
                    do(c)
                except Failed as e:
                    c.why = str(e)
                    failed.append(c)
                    if c is ours:
                        raise
        each(everyone, Contestant.begin)
        before = ours.ask("peak").get("gflops", 0)
        each(everyone, lambda c: c.ask(command))  # the first one of a kind prepares it

        def timed(c):
            time.sleep(options.pause)
            start, machine, own = time.perf_counter(), busy(), used(c.process)
            c.ms.append(c.ask(command)["ms"])
            seconds = time.perf_counter() - start
            others.append(max(0.0, (busy() - machine - used(c.process) + own) / seconds))
        for r in range(options.rounds):
            print(f"{title}: round {r + 1}/{options.rounds}", file=sys.stderr)
            turn = r % len(everyone)
            each(everyone[turn:] + everyone[:turn], timed)
        after = ours.ask("peak").get("gflops", 0)
    finally:
        for c in everyone:
            c.close()
    return ours, [c for c in everyone[1:] if c not in failed], failed, before, after, statistics.median(others)


def spread(ms):
    return f"{number(statistics.median(ms))} ({number(min(ms))}–{number(max(ms))})"


def number(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.1f}" if v >= 10 else f"{v:.2f}" if v >= 1 else f"{v:.3f}"


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--ganlib", help="the program ganlib")
    p.add_argument("--ganlib-args", default="", help="more arguments of ganlib bench, such as --tuned")
    p.add_argument("--python", required=True, help="a Python that has PyTorch")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--threads", default="2")
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--engine", default="", help="ganlib's engine; without it the fastest")
    p.add_argument("--only", default="", help="races and PyTorch programs whose name matches this regular expression")
    p.add_argument("--list", action="store_true", help="print the names, and run nothing")
    p.add_argument("--check", type=int, default=0, metavar="N", help="train PyTorch's programs N iterations instead, and compare them")
    p.add_argument("--no-compile", action="store_true", help="leave out torch.compile, which needs a C++ compiler")
    p.add_argument("--patience", type=float, default=240, help="seconds that a program may take to warm up, or to answer")
    p.add_argument("--log", default=os.devnull, help="file for what the programs write to standard error")
    o = p.parse_args()
    if not (o.ganlib or o.list or o.check):
        p.error("--ganlib: wanted")
    o.pause = 0.5 if o.device == "cpu" else 0.05  # the workers of the one before go to sleep
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch.py")
    o.peer = lambda more: [o.python, script, *more, "--threads", o.threads, "--device", o.device]
    return o


def chosen(o):
    """The races, with the PyTorch programs that are wanted."""
    for title, command, sets, peers in gpu_cases() if o.device == "cuda" else cases():
        peers = [(label, more) for label, more in peers
                 if re.search(o.only, f"{title}, {label}") and not (o.no_compile and "compiled" in label)]
        if peers:
            yield title, command, sets, peers


class Table:
    """The rows of all races, on a CPU with how quiet the machine was."""

    def __init__(self, options):
        self.gpu, self.begun, self.best = options.device == "cuda", False, []

    def row(self, *cells):
        if not self.begun:
            quiet = [] if self.gpu else ["peak before, after", "others"]
            for header in (["", "ganlib, ms", "PyTorch program", "PyTorch, ms", "ratio", *quiet], ["---"] * (5 + len(quiet))):
                print("| " + " | ".join(header) + " |")
            self.begun = True
        print("| " + " | ".join(cells) + " |", flush=True)

    def race(self, title, ours, theirs, failed, before, after, others):
        mine = statistics.median(ours.ms)
        quiet = [] if self.gpu else [f"{before:.0f}, {after:.0f}", f"{others:.1f}"]
        for c in theirs:
            self.row(title, spread(ours.ms), c.label, spread(c.ms), f"{statistics.median(c.ms) / mine:.2f}", *quiet)
        for c in failed:
            self.row(title, spread(ours.ms), c.label, "failed: " + c.why, "", *quiet)
        if theirs:
            best = min(theirs, key=lambda c: statistics.median(c.ms))
            self.best.append((title, number(mine), best.label, number(statistics.median(best.ms)), f"{statistics.median(best.ms) / mine:.2f}"))

    def end(self):
        if self.gpu and self.best:
            print("\n| | ganlib, ms | fastest PyTorch program | PyTorch, ms | ratio |\n| --- | --- | --- | --- | --- |")
            for cells in self.best:
                print("| " + " | ".join(cells) + " |")


def main():
    o = arguments()
    if not os.path.exists("/proc/stat"):
        sys.exit("race.py: wants Linux, whose /proc tells what else uses the processor")
    races = list(chosen(o))
    if not races:
        sys.exit(f"race.py: --only {o.only}: matches no race")
    if o.list:
        print("\n".join(f"{title}, {label}" for title, _, _, peers in races for label, _ in peers))
        return
    if o.check:
        sys.exit(0 if check(o, races) else 1)
    table, told, ok = Table(o), {}, True
    with open(o.log, "w") as log:
        Contestant.log = log
        for title, command, sets, peers in races:
            try:
                ours, theirs, failed, *rest = race(o, title, command, sets, peers)
            except Failed as e:
                table.row(title, f"failed: {e}", *[""] * (3 if o.device == "cuda" else 5))
                ok = False
                continue
            table.race(title, ours, theirs, failed, *rest)
            told.update(cpu=ours.ready["cpu"], engine=ours.ready["engine"])
            if theirs:
                told.update(torch=theirs[0].ready["program"], device=theirs[0].ready["device"])
    table.end()
    if "torch" in told and o.device == "cuda":
        print(f"\n{told['device']}, {datetime.date.today()}. {told['torch']}. Medians of {o.rounds} rounds in turn (smallest–largest). "
              "Ratio: PyTorch's time over ganlib's.")
    elif "torch" in told:
        print(f"\n{told['cpu']}, {o.threads} threads, {datetime.date.today()}. ganlib's {told['engine']} engine, {told['torch']}. "
              f"Medians of {o.rounds} rounds in turn (smallest–largest). Ratio: PyTorch's time over ganlib's. Peak: multiply-adds in "
              "GFLOP/s, before and after each race. Others: processors that other programs used meanwhile, of which a quiet machine has 0.")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
