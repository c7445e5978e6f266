"""Training examples and evaluation cases as arrays on the device, cut into batches.

An example is a position p in the flat item array: the item there is the target, the items of the same
user before it the history. Nothing is materialised per example; a batch is a gather.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.parallel import ALONE, Share, World

BUCKET_BATCHES = 64  # batches' worth of shuffled examples sorted by length together


@dataclass(frozen=True)
class Batch:
    """Histories padded on the left with 0, and the item that came next."""

    histories: Tensor  # (B, L) int64
    targets: Tensor  # (B,) int64
    shared: Share | None = None
    """Which rows of a larger batch these are; None where they are all of it."""

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def share(self) -> Share:
        return self.shared or ALONE.share(len(self))

    def share_of(self, world: World) -> Batch:
        """The rows of this batch that are this process's to compute."""
        if world.alone:
            return self
        share = world.share(len(self))
        return replace(self, histories=share.of(self.histories), targets=share.of(self.targets), shared=share)


class Examples:
    """(history, next item) pairs of a dataset, by position in its item array."""

    def __init__(
        self,
        items: Tensor,
        positions: Tensor,
        starts: Tensor,
        max_len: int,
        *,
        full_width: bool = False,
    ) -> None:
        """Describe the examples.

        Args:
            items: flat item ids, (N,).
            positions: where each target lies in `items`, int64 (E,).
            starts: where each target's user begins in `items`, int64 (E,).
            max_len: items of history kept.
            full_width: pad every batch to `max_len`, for models in which padding takes part.
        """
        self.items = items
        self.positions = positions
        self.starts = starts
        self.lengths = (positions - starts).clamp(max=max_len)
        self.max_len = max_len
        self.full_width = full_width

    def __len__(self) -> int:
        return len(self.positions)

    def with_whole_histories(self) -> Examples:
        """The same examples with nothing of their histories cut off; arrays are shared, not copied."""
        longest = max(1, int((self.positions - self.starts).max()))
        return Examples(self.items, self.positions, self.starts, longest)

    def targets(self, index: Tensor) -> Tensor:
        """The items that came next in the examples at `index`, int64 (B,)."""
        return self.items[self.positions[index]].long()

    def gather(self, index: Tensor) -> Batch:
        """The examples at `index` (B,), as wide as the longest history among them."""
        positions, lengths = self.positions[index], self.lengths[index]
        width = self.max_len if self.full_width else int(lengths.max())
        back = torch.arange(-width, 0, device=positions.device)  # (L,)
        real = -back <= lengths.unsqueeze(1)  # (B, L)
        window = (positions.unsqueeze(1) + back).clamp(min=0)
        histories = torch.where(real, self.items[window].long(), 0)
        return Batch(histories, self.targets(index))

    def epoch(self, batch_size: int, generator: torch.Generator) -> list[Tensor]:
        """All examples once, in random order, as index tensors of one batch each.

        Examples are shuffled, sorted by length within runs of 64 batches, and the batches shuffled
        again: little padding, and still a different company for every example at every epoch.
        """
        order = torch.randperm(len(self), generator=generator, device=generator.device)
        order = order.to(self.positions.device)
        run = batch_size * BUCKET_BATCHES
        batches: list[Tensor] = []
        for chunk in torch.split(order, run):
            by_length = chunk[self.lengths[chunk].argsort(stable=True)]
            batches.extend(torch.split(by_length, batch_size))
        shuffled = torch.randperm(len(batches), generator=generator, device=generator.device)
        return [batches[int(i)] for i in shuffled]

    def in_order_of_length(self, batch_size: int) -> Iterator[Tensor]:
        """All examples once, shortest history first, as index tensors of one batch each."""
        yield from torch.split(self.lengths.argsort(stable=True), batch_size)


def training_examples(
    dataset: Dataset, max_len: int, device: torch.device, *, full_width: bool = False
) -> Examples:
    """Every item of the training part that has at least one item before it."""
    offsets = np.asarray(dataset.offsets)
    counts = np.maximum(dataset.boundaries[:, 0].astype(np.int64) - 1, 0)  # (U,)
    starts = np.repeat(offsets[:-1], counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    within = np.arange(len(starts), dtype=np.int64) - first
    return _examples(dataset, starts + 1 + within, starts, max_len, device, full_width)


def evaluation_examples(
    dataset: Dataset,
    users: IntArray,
    split: Split,
    max_len: int,
    device: torch.device,
    *,
    full_width: bool = False,
) -> Examples:
    """One example a user: the first item of `split`, with everything before it as history."""
    positions = dataset.target_positions(users, split)
    starts = np.asarray(dataset.offsets)[users]
    return _examples(dataset, positions, starts, max_len, device, full_width)


def _examples(
    dataset: Dataset,
    positions: IntArray,
    starts: IntArray,
    max_len: int,
    device: torch.device,
    full_width: bool,
) -> Examples:
    return Examples(
        torch.from_numpy(np.array(dataset.items)).to(device),  # a copy: the file is mapped read-only
        torch.from_numpy(np.ascontiguousarray(positions)).to(device),
        torch.from_numpy(np.ascontiguousarray(starts)).to(device),
        max_len,
        full_width=full_width,
    )
