"""One epoch and one evaluation the plain way: a DataLoader, an example at a time, Adam, whole score rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from benchmarks.reference.model import ReferenceDiffuRec
from diffurec.data.dataset import Dataset


class Prefixes(TorchDataset[tuple[Tensor, int]]):
    """Every item of the training part with what came before it, padded to the full width."""

    def __init__(self, dataset: Dataset, max_len: int) -> None:
        self.max_len = max_len
        self.examples: list[tuple[list[int], int]] = []
        for user in range(dataset.num_users):
            items = dataset.sequence(user)[: dataset.boundaries[user, 0]].tolist()
            for end in range(1, len(items)):
                self.examples.append((items[max(0, end - max_len) : end], items[end]))

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        history, target = self.examples[index]
        padded = [0] * (self.max_len - len(history)) + history
        return torch.tensor(padded), target


class LastItems(Prefixes):
    """Every user's test item, with all that came before it."""

    def __init__(self, dataset: Dataset, max_len: int) -> None:
        self.max_len = max_len
        self.examples = []
        for user in range(dataset.num_users):
            items = dataset.sequence(user).tolist()
            end = int(dataset.boundaries[user, 1])
            if 0 < end < len(items):
                self.examples.append((items[max(0, end - max_len) : end], items[end]))


class Epoch:
    """The steps of one epoch, one by one, so that a benchmark can time a few of them."""

    def __init__(
        self, model: ReferenceDiffuRec, dataset: Dataset, max_len: int, batch_size: int, device: torch.device
    ) -> None:
        self.model = model.to(device).train()
        self.device = device
        self.loader = DataLoader(Prefixes(dataset, max_len), batch_size=batch_size, shuffle=True)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[float]:
        for histories, targets in self.loader:
            loss = self.model.loss(histories.to(self.device), targets.to(self.device))
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            yield loss.item()


class Evaluation:
    """Batches of an evaluation, one by one: the ranks of the true items."""

    def __init__(
        self, model: ReferenceDiffuRec, dataset: Dataset, max_len: int, batch_size: int, device: torch.device
    ) -> None:
        self.model = model.to(device).eval()
        self.device = device
        self.loader = DataLoader(LastItems(dataset, max_len), batch_size=batch_size)

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[np.ndarray]:
        for histories, targets in self.loader:
            scores = self.model.scores(histories.to(self.device)).cpu()
            scores[:, 0] = float("-inf")
            order = torch.argsort(scores, dim=1, descending=True)
            yield (order == targets[:, None]).nonzero()[:, 1].numpy() + 1
