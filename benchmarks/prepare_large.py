"""Prepare a large CSV and measure wall time and peak memory of the process that does it.

    python benchmarks/prepare_large.py [--rows 25000000] [--min-interactions 5]

The file has the shape of MovieLens-25M (user, item, rating, time; skewed ids, times out of order); it is
made in a temporary folder and removed. Prints JSON, with the targets beside the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

TARGET_SECONDS, TARGET_GIB = 60.0, 4.0
BLOCK = 1_000_000
USERS, ITEMS = 1_000_000, 200_000
CHILD = """
import sys
from diffurec.data.options import PrepareOptions
from diffurec.data.prepare import prepare
source, out, least = sys.argv[1:]
prepare(source, out, PrepareOptions(min_interactions=int(least)))
"""


def write_csv(path: Path, rows: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    with path.open("wb") as file:
        file.write(b"userId,movieId,rating,timestamp\n")
        for start in range(0, rows, BLOCK):
            size = min(BLOCK, rows - start)
            users = np.minimum(rng.pareto(1.2, size) * 20_000, USERS - 1).astype(np.int64)
            items = np.minimum(rng.pareto(1.0, size) * 300, ITEMS - 1).astype(np.int64)
            pl.DataFrame(
                {
                    "userId": users,
                    "movieId": items,
                    "rating": rng.integers(1, 11, size) / 2,
                    "timestamp": rng.integers(900_000_000, 1_600_000_000, size),
                }
            ).write_csv(file, include_header=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--min-interactions", type=int, default=5)
    parser.add_argument("--dir", type=Path, help="where the temporary folder goes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="diffurec-bench-", dir=arguments.dir) as name:
        source, out = Path(name) / "ratings.csv", Path(name) / "dataset"
        write_csv(source, arguments.rows)
        size = source.stat().st_size
        start = time.perf_counter()
        command = [sys.executable, "-c", CHILD, str(source), str(out), str(arguments.min_interactions)]
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
        # KiB on Linux, bytes on macOS.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (
            1 if sys.platform == "darwin" else 1024
        )
        info = json.loads((out / "dataset.json").read_text())
    result = {
        "rows": arguments.rows,
        "csv_mb": round(size / 1e6),
        "min_interactions": arguments.min_interactions,
        "seconds": round(seconds, 1),
        "target_seconds": TARGET_SECONDS,
        "peak_gib": round(peak / 2**30, 2),
        "target_gib": TARGET_GIB,
        "met": seconds <= TARGET_SECONDS and peak <= TARGET_GIB * 2**30,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "users": info["users"],
        "items": info["items"],
        "interactions": info["interactions"],
        "steps": info["report"],
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
