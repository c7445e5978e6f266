"""Measure the explorer as its user meets it: in a real pseudo-terminal of 200×60.

    python benchmarks/explorer_speed.py [--ckpt RUN] [--keys 60] [--quick]

Prints JSON, each figure beside its target. Runs with random weights are made for it: `beauty`, of the size
of Amazon Beauty (22,363 users, 12,101 items; hidden 128, 4 blocks, 32 steps), and `large`, of 1,000,000
users and 100,000 items, with `few`, of 1,000 users and the same items, to hold its memory against. `--ckpt`
measures keys on a run of one's own beside them, `--quick` leaves the large ones out.

A frame is finished when the program has written nothing for 25 ms; its time is that of the last byte,
counted from the key. `usable` is the first recommendation on screen, less what importing torch alone takes
here. `hold` is how long after the last of 90 repeats of a key, 30 a second, the screen still changes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.terminal import Terminal  # noqa: E402

TARGETS = {
    "first_picture_ms": 300,
    "usable_ms": 600,
    "key_median_ms": 16,
    "key_p95_ms": 33,
    "user_to_walk_ms": 150,
    "samples_100_ms": 2000,
    "samples_first_ms": 150,
    "filter_key_ms": 50,
    "map_frame_ms": 30,
    "memory_of_a_million_users_mb": 250,
}
LAPS = ["l"] * 28 + ["h"] * 28
HISTORY = 20


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--ckpt", type=Path, help="also measure keys on this run")
    options.add_argument("--keys", type=int, default=60, help="keys pressed a view")
    options.add_argument("--quick", action="store_true", help="without a million users")
    chosen = options.parse_args()
    report: dict[str, Any] = {"size": "200x60", "targets": TARGETS, "torch_import_ms": torch_import()}
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        if chosen.ckpt is not None:
            report["own"] = measure(chosen.ckpt, chosen.keys, report["torch_import_ms"])
        beauty = synthetic_run(runs / "beauty", users=22_363, items=12_101)
        report["beauty"] = measure(beauty, chosen.keys, report["torch_import_ms"])
        report["beauty"] |= walks_and_samples(beauty)
        if not chosen.quick:
            large = synthetic_run(runs / "large", users=1_000_000, items=100_000)
            few = synthetic_run(runs / "few", users=1_000, items=100_000)
            report["large"] = measure(large, chosen.keys, report["torch_import_ms"])
            report["large"]["filter_key_ms"] = filter_keys(large)
            report["large"]["memory_of_a_million_users_mb"] = round(memory(large) - memory(few))
    print(json.dumps(report, indent=2))


def torch_import() -> float:
    """Milliseconds that importing torch adds to an interpreter, median of 3."""

    def timed(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return 1000 * (time.perf_counter() - began)

    return round(statistics.median(timed("import torch") - timed("pass") for _ in range(3)), 1)


def measure(run: Path, count: int, torch_ms: float) -> dict[str, Any]:
    """The start, five times, and keys in every view."""
    starts = [start(run, torch_ms) for _ in range(5)]
    report: dict[str, Any] = {
        name: round(statistics.median(one[name] for one in starts), 1) for name in starts[0]
    }
    terminal = Terminal(run)
    terminal.until(r"\d %")  # the first recommendation is drawn
    report["users_while_ranking"] = terminal.keys(["j", "j", "j", "k"], count)
    report["users_hold_ms"] = terminal.hold("j")
    terminal.settle(limit=40.0)  # until all are ranked, or the ranking of a million goes on
    report["users"] = terminal.keys(["j", "j", "j", "k"], count)
    terminal.press("\r")
    terminal.settle()
    report["walk"] = terminal.keys(LAPS, count)
    report["walk_hold_ms"] = terminal.hold("l")
    terminal.press("0")
    terminal.press("2")
    terminal.settle()
    report["diversity"] = terminal.keys(["\x1b[B", "\x1b[B", "\x1b[A"], count)
    terminal.press("3")
    terminal.settle()
    report["map"] = terminal.keys(LAPS, count)
    report["map_zoom_and_pan"] = terminal.keys(["z", "W", "A", "S", "D", "Z"], count)
    report["map_hold_ms"] = terminal.hold("D")
    terminal.close()
    return report


def start(run: Path, torch_ms: float) -> dict[str, float]:
    terminal = Terminal(run)
    times = {
        "first_picture_ms": terminal.until("diffurec "),
        "list_drawn_ms": terminal.until("filter"),
        "users_read_ms": terminal.until(r"▌ (?:\x1b\[[0-9;]*m)*[^\s…\x1b]"),
        "first_walk_ms": terminal.until(r"\d %"),
    }
    times["usable_ms"] = times["first_walk_ms"] - torch_ms
    terminal.close()
    return times


def walks_and_samples(run: Path) -> dict[str, float]:
    """Another user's whole walk, and 100 samples, from the key to the last byte."""
    walks: list[float] = []
    firsts: list[float] = []
    samples: list[float] = []
    terminal = Terminal(run, "--user", "A0000000X")
    terminal.until("step +0/32")
    terminal.settle()
    for _ in range(5):
        walks.append(terminal.press_until("n", "locked at step[^║│]*"))  # said of a finished walk
        terminal.settle()
    for _ in range(5):  # another seed, so that nothing is known
        terminal.press("p" if not firsts else "s", quiet=0.2)
        terminal.settle()
        began = time.perf_counter()
        terminal.child.send("2")
        firsts.append(terminal.until(r"Items of \d+/100 lists", began))
        samples.append(terminal.until("Items of 100 lists", began))
        terminal.settle()
        terminal.press("1")
        terminal.settle()
    terminal.close()
    return {
        "user_to_walk_ms": round(statistics.median(walks), 1),
        "samples_first_ms": round(statistics.median(firsts), 1),
        "samples_100_ms": round(statistics.median(samples), 1),
    }


def filter_keys(run: Path) -> dict[str, float]:
    """Typing and deleting parts of ids."""
    terminal = Terminal(run)
    terminal.until(r"\d %")
    terminal.settle(limit=10.0)
    terminal.press("/")
    report = terminal.keys(list("123") + ["\x7f"] * 3 + list("99x") + ["\x7f"] * 3, 36)
    terminal.press("\x1b")
    terminal.settle(limit=2.0)  # an escape right before another key would be read as one key
    terminal.close()
    return report


def memory(run: Path) -> float:
    """Resident memory once the list, the model and the map are there; the ranks' cache counts."""
    terminal = Terminal(run)
    terminal.until(r"\d %")
    terminal.settle(limit=15.0)
    used = terminal.memory_mb()
    terminal.close()
    return used


def synthetic_run(folder: Path, *, users: int, items: int) -> Path:
    """A run with random weights; the first users have histories of 20 items."""
    import polars as pl

    from diffurec.config import Config
    from tests.helpers import make_run, write_arrays

    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 13, users)
    lengths[:20] = HISTORY + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    sequence = rng.integers(1, items + 1, offsets[-1]).astype(np.int32)
    boundaries = np.stack([lengths - 2, lengths - 1], axis=1).astype(np.int32)
    ids = pl.select(pl.format("A{}X", pl.arange(0, users).cast(pl.String).str.zfill(7))).to_series()
    dataset = write_arrays(folder / "data", offsets, sequence, boundaries, items, user_ids=ids)
    return make_run(folder / "run", dataset, Config()).path


if __name__ == "__main__":
    main()
