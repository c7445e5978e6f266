"""Metrics of trainings that never were, made by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path


def entry(step: int, *, split: str = "train", epoch: int = 1, **values: float | None) -> str:
    system = {"examples_per_s": 1000 + step % 7, "cpu_percent": 90 + step % 5, "memory_mb": 400.0}
    return json.dumps(
        {
            "step": step,
            "epoch": epoch,
            "split": split,
            "wall_time": 1.7e9 + step * 0.5,
            "values": values,
            "system": system if split == "train" else {"seconds": 2.0},
        }
    )


def lines(*, better: float = 1.0, epochs: int = 4) -> list[str]:
    """An epoch has a hundred steps, a line every ten."""
    told: list[str] = []
    for step in range(10, 100 * epochs + 1, 10):
        epoch = (step + 99) // 100
        wave = math.sin(step / 7) / 5
        told.append(
            entry(
                step, epoch=epoch, loss=2 + 6 * math.exp(-step / 90 * better) + wave, learning_rate=1 / step
            )
        )
        if step % 100 == 0:
            hit = 20 * better * (1 - math.exp(-epoch))
            told.append(entry(step, split="val", epoch=epoch, **{"HR@10": hit, "NDCG@10": hit / 2}))
    return told


def write_metrics(run: Path, *, better: float = 1.0, epochs: int = 4) -> Path:
    """The metrics.jsonl of a run, its folder made where it is missing."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / "metrics.jsonl"
    path.write_text("\n".join(lines(better=better, epochs=epochs)) + "\n")
    return path


def write_other(run: Path, beside: str, *, learning_rate: float) -> Path:
    """A run like another one, with one other setting."""
    other = run.parent / beside
    write_metrics(other, better=1.3)
    settings = json.loads((run / "config.json").read_text())
    settings["config"]["train"]["learning_rate"] = learning_rate
    (other / "config.json").write_text(json.dumps(settings))
    return other
