"""Measure training and evaluation against the plain reference of `benchmarks/reference`, in one run.

    python benchmarks/engine_speed.py [--data FOLDER] [--repeats 5] [--only WORK …]

Prints the table of ratios to stderr and JSON to stdout. FOLDER holds the authors' `beauty` and `ml-1m`;
without it random data of the same shape take their place.

Every step of the reference costs the same (it pads to the full width), so an epoch of it is one step times
their number. The engine's steps differ in width: in each turn some forty steps stand for an epoch, every so
manieth by width, and a quarter of the batches for an evaluation. Reference and engine take turns, each in a
process of its own, and the ratio is the median of all turns.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.floors import floors  # noqa: E402
from benchmarks.processes import first_step_seconds, peak_of_a_million_items  # noqa: E402
from benchmarks.reference.process import ReferenceProcess  # noqa: E402
from benchmarks.workloads import workload  # noqa: E402
from diffurec.config import Config, TrainConfig  # noqa: E402
from diffurec.data.batches import training_examples  # noqa: E402
from diffurec.data.dataset import Dataset  # noqa: E402
from diffurec.device import choose_device  # noqa: E402
from diffurec.evaluate import choose_users, evaluate  # noqa: E402
from diffurec.model import DiffuRec  # noqa: E402
from diffurec.training_step import TrainingStep  # noqa: E402

TARGETS = {
    "cpu": {"train beauty": 18, "train ml-1m": 5, "evaluate beauty": 15, "strided beauty": 150},
    "cuda": {"train beauty": 30, "train ml-1m": 12, "evaluate beauty": 30, "strided beauty": 200},
}
MOST: dict[str, tuple[Any, str]] = {
    "floor ml-1m": ("2.5", "ratio"),
    "memory": ("1024 MiB", "mib"),
    "first step": ({"cpu": "10 s", "cuda": "30 s"}, "seconds"),
}
STEPS = 40  # of an epoch that are timed in a turn
EPOCHS = 3  # that the model of the strided figure is trained for


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, help="folder with the authors' beauty and ml-1m")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--device", default="auto")
    options.add_argument("--only", nargs="*", default=[], help="train, evaluate, strided, memory, first")
    chosen = options.parse_args()
    device = choose_device(chosen.device)
    wanted: Callable[[str], bool] = lambda name: not chosen.only or name in chosen.only  # noqa: E731
    report: dict[str, Any] = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    with tempfile.TemporaryDirectory() as folder:
        sets = {name: workload(name, Path(folder), chosen.data) for name in ("beauty", "ml-1m")}
        report["data"] = {name: kind for name, (_, kind) in sets.items()}
        for name, (dataset, _) in sets.items():
            if wanted("train"):
                report[f"train {name}"] = training(dataset, device, chosen.repeats)
        if wanted("train"):
            report["floor ml-1m"] = floors(sets["ml-1m"][0], device, report["train ml-1m"])
        if wanted("evaluate"):
            report["evaluate beauty"] = evaluation(sets["beauty"][0], device, chosen.repeats)
        if wanted("strided"):
            report["strided beauty"] = strided(sets["beauty"][0], device, report["evaluate beauty"])
        if wanted("memory"):
            report["memory"] = peak_of_a_million_items(device)
        if wanted("first"):
            report["first step"] = first_step_seconds(sets["beauty"][0].path, device)
    sys.stderr.write(table(report, device.type) + "\n")
    print(json.dumps(report, indent=2))


def training(dataset: Dataset, device: torch.device, repeats: int) -> dict[str, Any]:
    """Seconds of an epoch of each, and their ratio."""
    config = Config()
    torch.manual_seed(0)
    plain = ReferenceProcess("train", dataset.path, device)
    fast = Engine(dataset, config, device)
    for index in fast.some_of_an_epoch(turn=0)[-3:]:  # memory, kernels
        fast.step(index, 0)
    times: dict[str, list[float]] = {"reference": [], "engine": []}
    for turn in range(repeats):
        times["reference"].append(plain.seconds() * plain.batches)
        some = fast.some_of_an_epoch(turn)
        seconds = timed(lambda some=some: [fast.step(index, 0) for index in some], device)
        times["engine"].append(seconds / len(some) * len(fast))
    plain.close()
    return summary(times)


class Engine:
    """The engine's model and the steps of an epoch of it."""

    def __init__(self, dataset: Dataset, config: Config, device: torch.device) -> None:
        self.model = DiffuRec(dataset.num_items, config).to(device).train()
        self.batch_size = config.train.batch_size
        self.examples = training_examples(dataset, config.data.max_len, device)
        self.step = TrainingStep(self.model, self.examples, config.train, device, steps_per_epoch=len(self))

    def __len__(self) -> int:
        return math.ceil(len(self.examples) / self.batch_size)

    def epoch(self, number: int) -> list[torch.Tensor]:
        return self.examples.epoch(self.batch_size, torch.Generator().manual_seed(number))

    def some_of_an_epoch(self, turn: int) -> list[torch.Tensor]:
        """Batches that have the widths of an epoch, in any order."""
        by_width = sorted(
            self.epoch(1 + turn), key=lambda index: self.examples.gather(index).histories.shape[1]
        )
        apart = max(1, len(by_width) // STEPS)
        some = by_width[apart // 2 :: apart]
        random.Random(turn).shuffle(some)
        return some


def evaluation(dataset: Dataset, device: torch.device, repeats: int) -> dict[str, Any]:
    """Seconds of an evaluation of all users with 32 steps, and their ratio."""
    config = Config()
    torch.manual_seed(0)
    fast = DiffuRec(dataset.num_items, config).to(device)
    plain = ReferenceProcess("evaluate", dataset.path, device)
    users = choose_users(dataset, "test")
    some = every_other_batch(dataset, users)
    times: dict[str, list[float]] = {"reference": [], "engine": []}
    for _ in range(repeats):
        times["reference"].append(plain.seconds() * plain.batches)
        seconds = timed(lambda: evaluate(fast, dataset, some, "test", max_len=50, device=device), device)
        times["engine"].append(seconds * len(users) / len(some))
    plain.close()
    return summary(times)


def every_other_batch(dataset: Dataset, users: np.ndarray) -> np.ndarray:
    """Users of a quarter of the batches that an evaluation of all makes: it takes them by length."""
    lengths = np.minimum(dataset.target_positions(users, "test") - np.asarray(dataset.offsets)[users], 50)
    by_length = users[np.argsort(lengths, kind="stable")]
    return np.concatenate([by_length[begin : begin + 512] for begin in range(512, len(users), 4 * 512)])


def strided(dataset: Dataset, device: torch.device, full: dict[str, Any]) -> dict[str, Any]:
    """The fewest steps that keep HR@10 of a model trained for a few epochs, and what they gain."""
    config = Config(train=TrainConfig(learning_rate=2e-3))
    torch.manual_seed(0)
    engine = Engine(dataset, config, device)
    for epoch in range(1, EPOCHS + 1):
        for index in engine.epoch(epoch):
            engine.step(index, 0)
    users = choose_users(dataset, "test")
    found: dict[int, tuple[float, float]] = {}
    for number in (32, 16, 8, 4, 2, 1):
        began = time.perf_counter()
        hit_rate = evaluate(
            engine.model, dataset, users, "test", max_len=50, device=device, steps=number
        ).metrics["HR@10"]
        found[number] = (hit_rate, time.perf_counter() - began)
    whole = found[32][0]
    fewest = min(number for number, (rate, _) in found.items() if abs(rate - whole) <= 0.01 * whole)
    return {
        "steps": fewest,
        "HR@10": {number: round(rate, 3) for number, (rate, _) in found.items()},
        "seconds": {number: round(seconds, 2) for number, (_, seconds) in found.items()},
        "ratio": round(full["reference_s"] / found[fewest][1], 1),
    }


def timed(work: Callable[[], object], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def summary(times: dict[str, list[float]]) -> dict[str, Any]:
    ratios = [plain / fast for plain, fast in zip(*times.values(), strict=True)]
    return {
        "reference_s": round(statistics.median(times["reference"]), 1),
        "engine_s": round(statistics.median(times["engine"]), 2),
        "ratio": round(statistics.median(ratios), 1),
        "ratios": [round(ratio, 1) for ratio in ratios],
    }


def table(report: dict[str, Any], kind: str) -> str:
    """The targets beside what was measured."""
    rows = [("work", "target", "measured")]
    for name, target in TARGETS[kind].items():
        if name in report:
            rows.append((name, f">= {target}x", f"{report[name]['ratio']}x"))
    for name, (says, figure) in MOST.items():
        if name in report:
            limit = says[kind] if isinstance(says, dict) else says
            rows.append((name, f"<= {limit}", f"{report[name][figure]}"))
    return "\n".join(f"{name:20s} {target:>10s} {measured:>10s}" for name, target, measured in rows)


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    main()
