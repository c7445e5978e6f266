"""Whether the fast path costs quality: reference and engine, three seeds each, on a shortened schedule.

    python benchmarks/quality.py --data FOLDER [--steps 257] [--batch 128] [--seeds 3]

Both are trained for so many steps on the authors' Beauty and evaluated by the same code; prints JSON: HR@10
and NDCG@10 in percent on the test targets, by seed, with mean and standard deviation.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.reference.loops import Epoch  # noqa: E402
from benchmarks.reference.model import ReferenceDiffuRec  # noqa: E402
from benchmarks.workloads import workload  # noqa: E402
from diffurec.config import Config  # noqa: E402
from diffurec.data.batches import training_examples  # noqa: E402
from diffurec.data.dataset import Dataset  # noqa: E402
from diffurec.evaluate import choose_users, evaluate  # noqa: E402
from diffurec.model import DiffuRec  # noqa: E402
from diffurec.training_step import TrainingStep  # noqa: E402

CPU = torch.device("cpu")
WALK = 2  # steps of the evaluation


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, help="folder with the authors' beauty")
    options.add_argument("--steps", type=int, default=257)
    options.add_argument("--batch", type=int, default=128)
    options.add_argument("--seeds", type=int, default=3)
    chosen = options.parse_args()
    config = Config()
    config = replace(config, train=replace(config.train, batch_size=chosen.batch))
    ways: dict[str, Callable[[Dataset, Config, int], DiffuRec]] = {"reference": plain, "engine": fast}
    report: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        dataset, _ = workload("beauty", Path(folder), chosen.data)
        users = choose_users(dataset, "test")
        for seed in range(chosen.seeds):
            for name, train in ways.items():
                torch.manual_seed(seed)
                began = time.perf_counter()
                model = train(dataset, config, chosen.steps)
                seconds = time.perf_counter() - began
                found = evaluate(model, dataset, users, "test", max_len=50, device=CPU, steps=WALK).metrics
                row = {"HR@10": found["HR@10"], "NDCG@10": found["NDCG@10"], "seconds": seconds}
                report[name].append({key: round(value, 3) for key, value in row.items()})
                sys.stderr.write(f"{name} {seed}: {report[name][-1]}\n")
    spread = {
        name: {
            key: [
                round(statistics.mean(row[key] for row in rows), 3),
                round(statistics.stdev(row[key] for row in rows), 3) if len(rows) > 1 else 0.0,
            ]
            for key in ("HR@10", "NDCG@10")
        }
        for name, rows in report.items()
    }
    print(json.dumps({"by_seed": report, "mean_and_deviation": spread}, indent=2))


def plain(dataset: Dataset, config: Config, steps: int) -> DiffuRec:
    """Trained by the reference; its weights in the engine's model."""
    model = ReferenceDiffuRec(dataset.num_items, config)
    for _ in islice(Epoch(model, dataset, config.data.max_len, config.train.batch_size, CPU), steps):
        pass
    trained = DiffuRec(dataset.num_items, config)
    trained.load_state_dict(model.state_dict())
    return trained


def fast(dataset: Dataset, config: Config, steps: int) -> DiffuRec:
    """Trained by the engine."""
    model = DiffuRec(dataset.num_items, config).train()
    examples = training_examples(dataset, config.data.max_len, CPU)
    order = torch.Generator().manual_seed(torch.initial_seed())
    step = TrainingStep(
        model,
        examples,
        replace(config.train, seed=torch.initial_seed()),
        CPU,
        steps_per_epoch=len(examples) // config.train.batch_size,
    )
    for number, index in enumerate(islice(examples.epoch(config.train.batch_size, order), steps)):
        step(index, number)
    return model


if __name__ == "__main__":
    main()
