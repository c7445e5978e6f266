"""What training and evaluation ask of a model, and all they ask."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from diffurec.data.batches import Batch


class Recommender(nn.Module, ABC):
    """A sequential recommender over items 1 … V; 0 is padding."""

    num_items: int

    #: Whether histories must be padded to the full length because padding takes part in the result.
    needs_full_width: bool = False

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Mean training loss of a batch, a scalar with a gradient."""

    @abstractmethod
    def scores(self, histories: Tensor, generator: torch.Generator, steps: int | None = None) -> Tensor:
        """Scores of every id for what comes after each history.

        Args:
            histories: item ids, left-padded with 0, (B, L).
            generator: source of every random draw.
            steps: length of the walk, for models that walk; None is the full one.

        Returns:
            (B, V+1); column 0 belongs to padding and means nothing.
        """
