"""The reference in a process of its own: with the allocator as it comes, and out of the way of the engine."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import torch

Work = Literal["train", "evaluate"]


class ReferenceProcess:
    """Takes one step of an epoch, or one batch of an evaluation, whenever it is asked to."""

    def __init__(self, work: Work, dataset: Path, device: torch.device) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, work, dataset, str(device)), daemon=True)
        self._process.start()
        self.batches = int(self._pipe.recv())

    def seconds(self) -> float:
        """Of the next step or batch."""
        self._pipe.send(True)
        return float(self._pipe.recv())

    def close(self) -> None:
        self._pipe.send(False)
        self._process.join()


def serve(pipe: Connection, work: Work, path: Path, device: str) -> None:
    from benchmarks.reference.loops import Epoch, Evaluation
    from benchmarks.reference.model import ReferenceDiffuRec
    from diffurec.config import Config
    from diffurec.data.dataset import open_dataset

    torch.manual_seed(0)
    dataset, config, where = open_dataset(path), Config(), torch.device(device)
    model = ReferenceDiffuRec(dataset.num_items, config)
    loop = Epoch if work == "train" else Evaluation
    batches = loop(model, dataset, config.data.max_len, 512, where)
    steps = iter(batches)
    next(steps)  # the first one warms up
    pipe.send(len(batches))
    while pipe.recv():
        began = time.perf_counter()
        next(steps)
        if where.type == "cuda":
            torch.cuda.synchronize(where)
        pipe.send(time.perf_counter() - began)
