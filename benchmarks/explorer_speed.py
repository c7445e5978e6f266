"""Measure the explorer in a real pseudo-terminal of 200×60: keys, walks, samples, filter, memory.

    python benchmarks/explorer_speed.py --ckpt RUN [--keys 60]
    python benchmarks/explorer_speed.py --users 1000000

Prints JSON, each figure beside its target. A frame is finished when the program has written nothing for
25 ms; its time is that of the last byte, counted from the key. For the start see explorer_first_frame.py.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pexpect

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "import sys; from diffurec_tui.cli.main import main; main()"
ENVIRONMENT = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
QUIET = 0.025  # seconds without a byte that end a frame
SILENCE = 1.0  # seconds after which a key draws nothing
TARGETS = {
    "key_median_ms": 16,
    "key_p95_ms": 33,
    "user_to_walk_ms": 150,
    "samples_first_ms": 150,
    "filter_key_ms": 50,
}


class Terminal:
    """The explorer in a pseudo-terminal."""

    def __init__(self, run: Path) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", PROGRAM, "explore", "--ckpt", str(run)],
            dimensions=(60, 200),
            env=ENVIRONMENT,
            timeout=60,
            encoding="utf-8",
            codec_errors="replace",
        )
        self.child.delaybeforesend = None

    def press(self, keys: str, *, quiet: float = QUIET, limit: float = 5.0) -> float:
        """Send keys; milliseconds to the last byte of what they draw, NaN where nothing is drawn."""
        began = time.perf_counter()
        last: float | None = None
        self.child.send(keys)
        while True:
            now = time.perf_counter()
            rested = now - began > SILENCE if last is None else now - last > quiet
            if rested or now - began > limit:
                return math.nan if last is None else 1000 * (last - began)
            try:
                self.child.read_nonblocking(1 << 16, timeout=quiet / 5)
                last = time.perf_counter()
            except pexpect.TIMEOUT:
                pass

    def settle(self, quiet: float = 0.6, limit: float = 30.0) -> None:
        """Read until the program rests."""
        began = last = time.perf_counter()
        while time.perf_counter() - last < quiet and time.perf_counter() - began < limit:
            try:
                self.child.read_nonblocking(1 << 16, timeout=0.02)
                last = time.perf_counter()
            except pexpect.TIMEOUT:
                pass

    def memory_mb(self) -> float:
        text = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", text)[0]) / 1024

    def close(self) -> None:
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.child.close()


def view_keys(terminal: Terminal, keys: list[str], count: int) -> dict[str, float]:
    """Median and 95th percentile of `count` presses, the keys in turn."""
    times = [terminal.press(keys[number % len(keys)]) for number in range(count)]
    drawn = sorted(value for value in times if not math.isnan(value))
    return {
        "key_median_ms": round(statistics.median(drawn), 1),
        "key_p95_ms": round(drawn[int(0.95 * (len(drawn) - 1))], 1),
        "drawn": len(drawn),
    }


def measure(run: Path, count: int) -> dict[str, Any]:
    terminal = Terminal(run)
    terminal.child.expect(r"\d %")  # the first recommendation is drawn
    terminal.settle()
    report: dict[str, Any] = {"memory_mb_start": round(terminal.memory_mb())}
    report["users"] = view_keys(terminal, ["j", "j", "j", "k"], count)
    terminal.press("/")
    report["filter_key_ms"] = round(statistics.median([terminal.press(key) for key in "1\x7f2\x7f9\x7f"]), 1)
    terminal.press("\x1b")
    terminal.settle()
    terminal.press("\r")
    terminal.settle()
    walks = [terminal.press("n", quiet=0.2, limit=3.0) for _ in range(5)]
    report["user_to_walk_ms"] = round(statistics.median(walks), 1)
    terminal.settle()
    report["walk"] = view_keys(terminal, ["l"] * 28 + ["h"] * 28, count)
    report["samples_first_ms"] = round(terminal.press("2", quiet=0.02, limit=1.0), 1)
    terminal.settle()
    report["diversity"] = view_keys(terminal, ["j", "j", "k"], count)
    terminal.press("1")
    terminal.settle()
    terminal.press("3")
    terminal.settle()
    report["map"] = view_keys(terminal, ["l"] * 28 + ["h"] * 28, count)
    report["memory_mb_end"] = round(terminal.memory_mb())
    terminal.close()
    return report


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--ckpt", type=Path, help="a run folder; without it one is made with random weights")
    options.add_argument("--users", type=int, default=10_000, help="users of the run that is made")
    options.add_argument("--keys", type=int, default=60, help="keys pressed a view")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = chosen.ckpt or synthetic_run(Path(folder), chosen.users)
        report = measure(run, chosen.keys)
    print(json.dumps({"run": str(run), "size": "200x60", "targets": TARGETS, **report}, indent=2))


def synthetic_run(folder: Path, users: int) -> Path:
    sys.path.insert(0, str(ROOT))
    from tests.helpers import make_many_users, make_run

    return make_run(folder / "run", make_many_users(folder / "data", users)).path


if __name__ == "__main__":
    main()
