"""The explorer in a real pseudo-terminal, and how long it takes to answer a key."""

from __future__ import annotations

import contextlib
import math
import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pexpect

PROGRAM = "import sys; from diffurec_tui.cli.main import main; main()"
ENVIRONMENT = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
QUIET = 0.025  # seconds without a byte that end a frame
SILENCE = 1.0  # seconds after which a key draws nothing


class Terminal:
    """`diffurec explore` on a terminal of 200×60."""

    def __init__(self, run: Path, *options: str) -> None:
        self.began = time.perf_counter()
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", PROGRAM, "explore", "--ckpt", str(run), "--no-hints", *options],
            dimensions=(60, 200),
            env=ENVIRONMENT,
            timeout=120,
            encoding="utf-8",
            codec_errors="replace",
        )
        self.child.delaybeforesend = None

    def until(self, pattern: str, began: float | None = None) -> float:
        """Milliseconds from `began` (or the start of the process) until this is drawn."""
        self.child.expect(pattern)
        return 1000 * (time.perf_counter() - (self.began if began is None else began))

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

    def press_until(self, key: str, pattern: str, quiet: float = 0.3) -> float:
        """Send a key; milliseconds to the first burst in which what matches is what stays on screen.

        What was there before may be drawn once more.
        """
        began = last = time.perf_counter()
        self.child.send(key)
        found: list[tuple[str, float]] = []
        while time.perf_counter() - last < quiet:
            drawn, at = self._burst()
            last = at if drawn else last
            plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn)
            found += [(match, at) for match in re.findall(pattern, plain)[-1:]]
        if not found:
            raise SystemExit(f"{key!r} drew nothing that matches {pattern!r}")
        final = found[-1][0]
        first = next(at for place, (_, at) in enumerate(found) if all(m == final for m, _ in found[place:]))
        return 1000 * (first - began)

    def _burst(self) -> tuple[str, float]:
        """What is written until nothing is for 8 ms, and when the last of it came."""
        drawn, last = "", time.perf_counter()
        while True:
            try:
                drawn += self.child.read_nonblocking(1 << 16, timeout=0.008)
                last = time.perf_counter()
            except pexpect.TIMEOUT:
                return drawn, last

    def settle(self, quiet: float = 0.7, limit: float = 60.0) -> None:
        """Read until the program rests."""
        began = last = time.perf_counter()
        while time.perf_counter() - last < quiet and time.perf_counter() - began < limit:
            try:
                self.child.read_nonblocking(1 << 16, timeout=0.02)
                last = time.perf_counter()
            except pexpect.TIMEOUT:
                pass

    def keys(self, keys: Sequence[str], count: int) -> dict[str, float]:
        """Median and 95th percentile of `count` presses, the keys in turn, each after the frame before."""
        times = [self.press(keys[number % len(keys)]) for number in range(count)]
        drawn = sorted(value for value in times if not math.isnan(value))
        return {
            "median_ms": round(statistics.median(drawn), 1),
            "p95_ms": round(drawn[math.ceil(0.95 * len(drawn)) - 1], 1),
            "pressed": count,
            "drew": len(drawn),
        }

    def hold(self, key: str, seconds: float = 3.0, rate: float = 30.0) -> float:
        """Hold a key down as a keyboard repeats it; milliseconds from the last one to the last byte."""
        began = time.perf_counter()
        for number in range(int(seconds * rate)):
            while (left := began + number / rate - time.perf_counter()) > 0:
                with contextlib.suppress(pexpect.TIMEOUT):
                    self.child.read_nonblocking(1 << 16, timeout=min(left, 0.005))
            self.child.send(key)
        return round(self.press(key, quiet=0.1), 1)

    def memory_mb(self) -> float:
        """Resident memory, without the file pages that are mapped and shared."""
        text = Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.findall(r"RssAnon:\s+(\d+)", text)[0]) / 1024

    def close(self) -> None:
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.child.close()
        if self.child.exitstatus != 0:
            raise SystemExit(f"explore ended with status {self.child.exitstatus}")
