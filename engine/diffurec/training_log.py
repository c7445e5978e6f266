"""What a training tells: metrics.jsonl, status.json, and an observer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from diffurec.device import peak_memory_mb
from diffurec.metrics_log import LogSplit, MetricsLog
from diffurec.parallel import World
from diffurec.run import Run
from diffurec.status import write_status
from diffurec.training_state import Observer, Position
from diffurec.usage import Usage


class TrainingLog:
    """Keeps the running loss and the clock; the first process of a training writes, the others add to it."""

    def __init__(self, run: Run, observer: Observer, device: torch.device, world: World) -> None:
        self.run = run
        self.config = run.config.train
        self.observer = observer
        self.device = device
        self.world = world
        self._file: MetricsLog | None = None
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self._usage = Usage(device)
        self.start_clock(0)

    def open(self, position: Position, *, keep_bytes: int) -> None:
        """Take up at `position`; what was written after `keep_bytes` is about to be written again."""
        with self.world.together():
            if self.world.first:
                self._file = MetricsLog(self.run.metrics_path, keep_bytes=keep_bytes)
                self._loss_sum.fill_(position.loss_sum)
        self.start_clock(position.step)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def start_clock(self, step: int) -> None:
        """Count the time of the steps after `step`, and no other."""
        self._clock = (time.perf_counter(), step)

    def add_loss(self, loss: Tensor, examples: int) -> None:
        """Count the loss of a step, this process's part of it."""
        self._loss_sum += loss.double() * examples

    def loss_sum(self) -> float:
        """Of the examples since the last line, over all processes."""
        return float(self.world.add(self._loss_sum))

    def write_training(self, position: Position, loss: float, rate: float) -> None:
        """A line on the steps since the last one."""
        started, steps_before = self._clock
        seconds = max(time.perf_counter() - started, 1e-9)
        system = {
            "examples_per_s": (position.step - steps_before) * self.config.batch_size / seconds,
            "peak_memory_mb": peak_memory_mb(self.device),
            **self._usage.read(),
        }
        self.write(position, "train", {"loss": loss, "learning_rate": rate}, system)
        self._loss_sum.zero_()
        position.loss_count = 0
        self.start_clock(position.step)

    def write(
        self,
        position: Position,
        split: LogSplit,
        values: Mapping[str, float],
        system: Mapping[str, float],
        *,
        epoch: int | None = None,
    ) -> None:
        """A line of metrics.jsonl. Raises UserError where the disk refuses it."""
        if self._file:
            epoch = position.epoch if epoch is None else epoch
            self._file.append(step=position.step, epoch=epoch, split=split, values=values, system=system)
        self.observer.logged(position, split, values, system)

    def sync(self) -> int:
        """Make what is written durable; its length in bytes."""
        return self._file.sync() if self._file else 0

    def status(self, position: Position, state: str, **facts: Any) -> None:
        """Write status.json."""
        if not self.world.first:
            return
        best = position.best
        told = (
            {"epoch": best.epoch, "metric": self.config.metric, "value": best.value} if best.epoch else None
        )
        epoch = min(position.epoch, self.config.epochs)
        write_status(self.run, state, epoch=epoch, epochs=self.config.epochs, best=told, **facts)
