"""What each part of the fast training path gains: a step without it, against a step with everything.

    python benchmarks/ablation.py [--data FOLDER] [--steps 12] [--only NAME …]

Every variant runs in a process of its own, on the same steps of the same epoch of Beauty and ML-1M; prints
JSON: milliseconds of a step, and how many times as long as with everything. The rest of what the engine does
differently from `benchmarks/reference` (no DataLoader, λ drawn on the device) is in no row of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.workloads import workload  # noqa: E402
from diffurec import activation, approximator, device, dropout, training_step  # noqa: E402
from diffurec.config import Config  # noqa: E402
from diffurec.data.batches import training_examples  # noqa: E402
from diffurec.data.dataset import open_dataset  # noqa: E402
from diffurec.model import DiffuRec  # noqa: E402
from diffurec.training_step import TrainingStep  # noqa: E402

WARM = 3


def every_query() -> None:
    """All blocks compute all positions, though the last one is read."""
    whole = approximator.Block.forward

    def forward(self: approximator.Block, x: torch.Tensor, real: torch.Tensor | None, *, last_only: bool):
        made = whole(self, x, real, last_only=False)
        return made[:, -1:] if last_only else made

    mock.patch.object(approximator.Block, "forward", forward).start()


def torchs_dropout() -> None:
    def plain(x: torch.Tensor, p: float, *, training: bool) -> torch.Tensor:
        return F.dropout(x, p, training)

    mock.patch.object(dropout, "dropout", plain).start()
    mock.patch.object(approximator, "dropout", plain).start()
    mock.patch.object(activation, "dropout", plain).start()
    mock.patch.object(activation, "spelled_out", return_value=False).start()


def plain_gelu() -> None:
    """tanh-GELU in bf16 too, and its dropout as any other."""

    def plain(x: torch.Tensor, p: float, *, training: bool) -> torch.Tensor:
        return dropout.dropout(F.gelu(x, approximate="tanh"), p, training=training)

    mock.patch.object(approximator, "gelu_dropped", plain).start()


def apart() -> None:
    """Queries, keys and values by a matrix product each."""

    def projected(self: approximator.Attention, x: torch.Tensor, *, last_only: bool):
        return self.query(x[:, -1:] if last_only else x), self.key(x), self.value(x)

    mock.patch.object(approximator.Attention, "_projected", projected).start()


def loose_memory() -> None:
    mock.patch.object(training_step, "keep_freed_memory").start()


def plain_adam() -> None:
    adam = torch.optim.Adam

    def optimizer(parameters: list[nn.Parameter], **_: object) -> torch.optim.Optimizer:
        return adam(parameters, lr=0.0, foreach=False, fused=False)

    mock.patch.object(torch.optim, "AdamW", optimizer).start()


def full_width() -> None:
    """Padded to 50, whatever is in the batch; set where the examples are made."""


def in_fp32() -> None:
    mock.patch.object(device, "_has_bf16", return_value=False).start()


VARIANTS: dict[str, Callable[[], None]] = {
    "everything": lambda: None,
    "padded to the full width": full_width,
    "every query of the last block": every_query,
    "float32": in_fp32,
    "torch's own dropout": torchs_dropout,
    "tanh-GELU and its dropout apart": plain_gelu,
    "queries, keys, values apart": apart,
    "freed memory given back": loose_memory,
    "Adam, not fused": plain_adam,
}


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, help="folder with the authors' beauty and ml-1m")
    options.add_argument("--steps", type=int, default=12)
    options.add_argument("--only", nargs="*", default=list(VARIANTS))
    options.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        print(step_ms(chosen.child[0], Path(chosen.child[1]), chosen.steps))
        return
    report: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("beauty", "ml-1m"):
            path = workload(name, Path(folder), chosen.data)[0].path
            spent = {variant: in_process(variant, path, chosen.steps) for variant in chosen.only}
            whole = spent.get("everything", float("nan"))
            report[name] = {
                variant: {"step_ms": round(ms, 1), "times": round(ms / whole, 2)}
                for variant, ms in spent.items()
            }
    print(json.dumps(report, indent=2))


def in_process(variant: str, path: Path, steps: int) -> float:
    command = [sys.executable, __file__, "--steps", str(steps), "--child", variant, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def step_ms(variant: str, path: Path, steps: int) -> float:
    """Mean milliseconds of a step."""
    VARIANTS[variant]()
    dataset, config, where = open_dataset(path), Config(), torch.device("cpu")
    torch.manual_seed(0)
    model = DiffuRec(dataset.num_items, replace(config)).train()
    wide = variant == "padded to the full width"
    examples = training_examples(dataset, config.data.max_len, where, full_width=wide)
    step = TrainingStep(model, examples, config.train, where, steps_per_epoch=1000)
    batches = examples.epoch(config.train.batch_size, torch.Generator().manual_seed(0))
    some = random.Random(0).sample(batches, WARM + steps)
    for index in some[:WARM]:
        step(index, 0)
    began = time.perf_counter()
    for index in some[WARM:]:
        step(index, 0)
    return 1000 * (time.perf_counter() - began) / steps


if __name__ == "__main__":
    main()
