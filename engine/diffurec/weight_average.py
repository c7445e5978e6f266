"""A running mean of the weights over training steps, which often ranks better than the weights themselves.

    w̄ ← d w̄ + (1-d) w,   d = min(decay, (1 + step) / (10 + step))

so that the first steps, far from where training ends, are soon forgotten.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_PREFIX = "weights/"


class WeightAverage:
    """The mean beside the weights that it is of; they change places while the mean is evaluated or saved."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.parameters = list(model.parameters())
        self.mean = [parameter.detach().clone() for parameter in self.parameters]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step`, from 0."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, parameter in zip(self.mean, self.parameters, strict=True):
            mean.lerp_(parameter, 1 - decay)

    @contextmanager
    def in_place(self) -> Generator[None]:
        """While this lasts, the model has the mean for its weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for number, parameter in enumerate(self.parameters):
            parameter.data, self.mean[number] = self.mean[number], parameter.data

    def state(self) -> dict[str, Tensor]:
        """The weights themselves, for a checkpoint that holds the mean as the model's."""
        return {f"{_PREFIX}{number}": p.detach() for number, p in enumerate(self.parameters)}

    def restore(self, saved: Mapping[str, Tensor]) -> None:
        """Undo `state`, when the mean has been loaded into the model.

        Raises:
            KeyError, RuntimeError: weights are missing or of another shape.
        """
        for number, parameter in enumerate(self.parameters):
            self.mean[number].copy_(parameter.data)
            parameter.data.copy_(saved[f"{_PREFIX}{number}"])
