"""Programs that answer commands, and what the machine does beside them."""

import json
import os
import select
import subprocess
import tempfile
import time


class Failed(Exception):
    """A contestant's end, with what it said last."""


class Contestant:
    """A program that answers commands, each within so many seconds. One that is held starts to warm up at begin."""

    log = None  # file for what all of them write to standard error

    def __init__(self, label, argv, patience, hold=False):
        self.label, self.patience, self.ms, self.hold, self.why = label, patience, [], hold, ""
        self.said = tempfile.TemporaryFile("w+")
        self.left = b""
        self.process = subprocess.Popen(argv + (["--hold"] if hold else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said)

    def begin(self):
        """Waits until it has warmed up."""
        self.ready = self.ask("begin") if self.hold else self.read()

    def ask(self, command):
        try:
            self.process.stdin.write(command.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # read says why
        return self.read()

    def read(self):
        end = time.monotonic() + self.patience
        while b"\n" not in self.left:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                self.process.kill()
                raise Failed(f"no answer in {self.patience:.0f} s")
            part = os.read(self.process.stdout.fileno(), 1 << 16)
            if not part:
                raise Failed(self.last_words(self.process.wait()))
            self.left += part
        line, self.left = self.left.split(b"\n", 1)
        return json.loads(line)

    def last_words(self, code):
        self.said.seek(0)
        lines = [line.strip() for line in self.said.read().splitlines() if line.strip()]
        return f"code {code}: {lines[-1] if lines else 'nothing said'}"[:300].replace("|", "/")

    def close(self):
        try:
            self.process.stdin.close()
            self.process.wait(timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        if self.log:
            self.said.seek(0)
            self.log.write(f"{' '.join(self.process.args)}\n{self.said.read()}")
        self.said.close()
        self.process.stdout.close()


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


def check(options, races):
    """Trains every PyTorch program of the races, and returns whether all have learnt the same, within a quarter, as
    the first of the same network and batch: their random numbers differ."""
    ok, first = True, {}
    print("| | PyTorch program | distance of real and fake | |\n| --- | --- | --- | --- |")
    for title, command, _, peers in races:
        if command != "round":
            continue
        group = title.rsplit(", ", 1)[0] if options.device == "cuda" else title  # without the precision
        for label, more in peers:
            c = Contestant(label, options.peer([*more, "--check", str(options.check)]), options.patience)
            try:
                answer = c.read()
                want = first.setdefault(group, answer["distance"])
                close = answer["finite"] and abs(answer["distance"] - want) <= 0.25 * abs(want) + 0.05
                said = "" if close else "not finite" if not answer["finite"] else f"far from {want:.4f}"
                print(f"| {title} | {label} | {answer['distance']:.4f} | {said} |", flush=True)
                ok = ok and close
            except Failed as e:
                print(f"| {title} | {label} | | failed: {e} |", flush=True)
            finally:
                c.close()
    return ok
