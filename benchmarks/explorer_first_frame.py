"""Measure, in a real pseudo-terminal, how soon the explorer is there.

    python benchmarks/explorer_first_frame.py --ckpt RUN [--repeats 5]
    python benchmarks/explorer_first_frame.py --users 1000000

Prints JSON, in milliseconds from the start of the process: `python` (an interpreter that does nothing),
`first_frame` (the header is drawn), `users` (the list has its ids), `first_walk` (a recommendation is drawn),
and `key_to_frame`, from pressing → to the next step's number on screen.
The median of all repeats, and the least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pexpect

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "import sys; from diffurec_tui.cli.main import main; main()"
ENVIRONMENT = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--ckpt", type=Path, help="a run folder; without it one is made with random weights")
    options.add_argument("--users", type=int, default=10_000, help="users of the run that is made")
    options.add_argument("--repeats", type=int, default=5)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = chosen.ckpt or synthetic_run(Path(folder), chosen.users)
        measured = [measure(run) for _ in range(chosen.repeats)]
    report: dict[str, Any] = {"run": str(run), "repeats": chosen.repeats, "median_ms": {}, "least_ms": {}}
    for name in measured[0]:
        values = [one[name] for one in measured]
        report["median_ms"][name] = round(statistics.median(values), 1)
        report["least_ms"][name] = round(min(values), 1)
    print(json.dumps(report, indent=2))


def measure(run: Path) -> dict[str, float]:
    times = {"python": bare_interpreter()}
    began = time.perf_counter()
    child = pexpect.spawn(
        sys.executable,
        ["-c", PROGRAM, "explore", "--ckpt", str(run)],
        dimensions=(40, 120),
        env=ENVIRONMENT,
        timeout=40,
        encoding="utf-8",
        codec_errors="replace",
    )
    child.delaybeforesend = None
    child.expect("diffurec ")
    times["first_frame"] = since(began)
    child.expect(r"▌ (?:\x1b\[[0-9;]*m)*[^\s…\x1b]")
    times["users"] = since(began)
    child.expect(r"\d %")
    times["first_walk"] = since(began)
    child.send("\r")
    child.expect(r"step +0/")
    keys: list[float] = []
    for step in range(1, 11):
        time.sleep(0.1)
        began = time.perf_counter()
        child.send("l")
        child.expect(rf"step +{step}/")
        keys.append(since(began))
    times["key_to_frame"] = statistics.median(keys)
    began = time.perf_counter()
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    times["quit"] = since(began)
    if child.exitstatus != 0:
        raise SystemExit(f"explore ended with status {child.exitstatus}")
    return times


def bare_interpreter() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return since(began)


def since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def synthetic_run(folder: Path, users: int) -> Path:
    sys.path.insert(0, str(ROOT))
    from tests.helpers import make_many_users, make_run

    return make_run(folder / "run", make_many_users(folder / "data", users)).path


if __name__ == "__main__":
    main()
