"""What training and evaluation ask of a model, and all they ask."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from diffurec.data.batches import Batch
from diffurec.diffusion import Draws


class Recommender(nn.Module, ABC):
    """A sequential recommender over items 1 … V; 0 is padding."""

    num_items: int
    noise_size: int = 1
    """D, the size of the vectors of noise that `scores` draws; 1 where it draws none."""

    #: Whether histories must be padded to the full length because padding takes part in the result.
    needs_full_width: bool = False

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Mean training loss of a batch, a scalar with a gradient.

        Of a share of a batch it is what its rows add to that mean, with the draws that they would have
        in the whole batch.
        """

    def know_counts(self, counts: Tensor) -> None:
        """Take note of how often each id was trained on, (V+1,), where that is of use."""

    @abstractmethod
    def scores(self, histories: Tensor, draws: Draws, steps: int | None = None) -> Tensor:
        """Scores of every id for what comes after each history.

        Args:
            histories: item ids, left-padded with 0, (B, L).
            draws: source of every random number, B rows.
            steps: length of the walk, for models that walk; None is the full one.

        Returns:
            (B, V+1); column 0 belongs to padding and means nothing.
        """
