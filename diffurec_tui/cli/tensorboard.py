"""Scalars to TensorBoard event files, beside metrics.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from diffurec.data.dataset import Split
from diffurec.errors import UserError
from diffurec.metrics_log import LogSplit
from diffurec.training_state import Position


class WithTensorBoard:
    """An observer that writes events and passes everything on."""

    def __init__(self, inner: Any, run_folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UserError(
                "--tensorboard: the package tensorboard is not installed; pip install 'diffurec[tensorboard]'"
            ) from None
        self.inner = inner
        self.folder = run_folder / "tensorboard"
        self.open: Callable[[int], Any] = lambda step: SummaryWriter(str(self.folder), purge_step=step)
        self.writer: Any = None

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.writer is not None:
            self.writer.close()
        self.inner.__exit__(*exception)

    def started(self, position: Position, steps_per_epoch: int, examples: int) -> None:
        # Events after the checkpoint a resumed run starts from are about to be written again.
        self.writer = self.open(position.step + 1 if position.step else 0)
        self.inner.started(position, steps_per_epoch, examples)

    def stepped(self, position: Position, batch_loss: Callable[[], float], examples: int) -> None:
        self.inner.stepped(position, batch_loss, examples)

    def logged(
        self, position: Position, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]
    ) -> None:
        for name, value in {**values, **system}.items():
            self.writer.add_scalar(f"{split}/{name}", value, position.step)
        self.inner.logged(position, split, values, system)

    def evaluating(self, split: Split, done: int, total: int) -> None:
        self.inner.evaluating(split, done, total)

    def saved(self, position: Position, *, best: bool) -> None:
        self.writer.flush()
        self.inner.saved(position, best=best)
