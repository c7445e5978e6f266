"""Full-catalogue evaluation: one target a user, every item a candidate, padding never ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.data.batches import Batch, evaluation_examples
from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.device import keep_freed_memory
from diffurec.diffusion import NoiseTable
from diffurec.metrics import ranking_metrics, target_rank
from diffurec.parallel import ALONE, World
from diffurec.recommender import Recommender

MOST_SCORES = 1 << 27
"""Scores held at once, 512 MiB of them: a larger catalogue is ranked for fewer users at a time."""
Progress = Callable[[int, int], None]
"""Called with (users done, users in all)."""


@dataclass(frozen=True)
class Evaluation:
    """Ranks of the true items, and the users they belong to."""

    users: IntArray  # (E,) user indices
    ranks: npt.NDArray[np.int64]  # (E,)

    @property
    def metrics(self) -> dict[str, float]:
        """Per-user means in percent."""
        return ranking_metrics(self.ranks)


def choose_users(dataset: Dataset, split: Split, limit: int = 0, seed: int = 0) -> IntArray:
    """The users with a target in `split`; with a limit, a fixed random subset of them, in order."""
    users = dataset.evaluation_users(split)
    if limit and limit < len(users):
        users = np.sort(np.random.default_rng(seed).choice(users, limit, replace=False))
    return users


def mask_candidates(scores: Tensor, batch: Batch, *, exclude_seen: bool) -> Tensor:
    """Take padding, and on request items of the history other than the target, out of the ranking."""
    scores = scores.clone()
    own = scores.gather(1, batch.targets.unsqueeze(1))
    if exclude_seen:
        scores.scatter_(1, batch.histories, float("-inf"))
        scores.scatter_(1, batch.targets.unsqueeze(1), own)
    scores[:, 0] = float("-inf")
    return scores


@torch.no_grad()
def evaluate(
    model: Recommender,
    dataset: Dataset,
    users: IntArray,
    split: Split,
    *,
    max_len: int,
    device: torch.device,
    seed: int = 0,
    steps: int | None = None,
    exclude_seen: bool = False,
    batch_size: int = 512,
    progress: Progress | None = None,
    world: World = ALONE,
) -> Evaluation:
    """Rank each user's target in `split` among all items.

    Args:
        model: scores histories; put in evaluation mode and restored.
        dataset: where histories and targets come from.
        users: user indices, (E,).
        split: "val" or "test".
        max_len: items of history the model sees.
        device: where the model lives.
        seed: of every draw.
        steps: length of the walk, None for the full one.
        exclude_seen: leave items of the whole history (not only the part the model sees) out.
        batch_size: users a batch at most; of no consequence for the result, up to rounding.
        progress: called after each batch, or after each round of one batch a process.
        world: the processes that share the batches out among them; each gets the whole result.
    """
    examples = evaluation_examples(dataset, users, split, max_len, device, full_width=model.needs_full_width)
    keys = torch.from_numpy(users).to(device)
    batch_size = max(1, min(batch_size, MOST_SCORES // (model.num_items + 1)))
    seen = examples.with_whole_histories() if exclude_seen else None
    keep_freed_memory()
    table = NoiseTable(seed, model.noise_size, max_len, device)
    ranks = torch.zeros(len(users), dtype=torch.int64)
    batches = list(examples.in_order_of_length(batch_size))
    was_training = model.training
    model.eval()
    try:
        done = 0
        for first in range(0, len(batches), world.size):
            of_this_round = batches[first : first + world.size]
            for index in of_this_round[world.rank : world.rank + 1]:
                batch = examples.gather(index)
                scores = model.scores(batch.histories, table.of(keys[index]), steps)
                candidates = mask_candidates(
                    scores, seen.gather(index) if seen else batch, exclude_seen=exclude_seen
                )
                ranks[index.cpu()] = target_rank(candidates, batch.targets).cpu()
            done += sum(map(len, of_this_round))
            if progress:
                progress(done, len(users))
    finally:
        model.train(was_training)
    return Evaluation(users, world.add(ranks).numpy())


def popularity_baseline(
    dataset: Dataset, users: IntArray, split: Split, *, exclude_seen: bool, batch_size: int = 512
) -> Evaluation:
    """What recommending the items most frequent in the training part to everyone achieves."""
    device = torch.device("cpu")
    width = int(np.diff(dataset.offsets).max())
    examples = evaluation_examples(dataset, users, split, width, device)
    counts = torch.from_numpy(dataset.training_counts()).double()  # (V+1,)
    ranks = torch.empty(len(users), dtype=torch.int64)
    for index in examples.in_order_of_length(batch_size):
        batch = examples.gather(index)
        scores = mask_candidates(counts.repeat(len(batch), 1), batch, exclude_seen=exclude_seen)
        ranks[index] = target_rank(scores, batch.targets)
    return Evaluation(users, ranks.numpy())
