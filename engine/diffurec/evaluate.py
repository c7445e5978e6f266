"""Full-catalogue evaluation: one target a user, every item a candidate, padding never ranked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from diffurec.data.batches import Batch, evaluation_examples
from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.device import keep_freed_memory
from diffurec.diffusion import NoiseTable
from diffurec.lists import Lists, ListsUnderWay
from diffurec.metrics import ranking_metrics, target_rank
from diffurec.parallel import ALONE, World
from diffurec.recommender import Recommender

MOST_SCORES = 1 << 27
"""Scores held at once, 512 MiB of them: a larger catalogue is ranked for fewer users at a time."""
OTHER_WALK = 1 << 31
"""More than there are users: added to a user's key it names the noise of that user's next walk."""
MOST_SAMPLES = 1000
Progress = Callable[[int, int], None]
"""Called with (users done, users in all)."""


@dataclass(frozen=True)
class Evaluation:
    """Ranks of the true items, and the users they belong to."""

    users: IntArray  # (E,) user indices
    ranks: npt.NDArray[np.int64]  # (E,)
    lists: Lists | None = None
    """The best items of each, where they were asked for."""

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
    samples: int = 1,
    top_k: int = 0,
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
        samples: walks a user, 1 … MOST_SAMPLES. Of several, items are ranked by the mean over the walks of
            their probability, the softmax of the scores among the candidates.
        top_k: items of the lists to keep; 0 keeps none.
        batch_size: users a batch at most; of no consequence for the result, up to rounding.
        progress: called after each batch, or after each round of one batch a process.
        world: the processes that share the batches out among them; each gets the whole result.
    """
    examples = evaluation_examples(dataset, users, split, max_len, device, full_width=model.needs_full_width)
    keys = torch.from_numpy(users).to(device)
    most = MOST_SCORES // (1 if samples == 1 else 2)  # of several walks the sum is held beside the scores
    batch_size = max(1, min(batch_size, most // (model.num_items + 1)))
    if not 1 <= samples <= MOST_SAMPLES:
        raise ValueError(f"{samples} samples: there may be 1 to {MOST_SAMPLES}")
    seen = examples.with_whole_histories() if exclude_seen else None
    keep_freed_memory()
    table = NoiseTable(seed, model.noise_size, max_len, device)
    ranks = torch.zeros(len(users), dtype=torch.int64)
    lists = ListsUnderWay(len(users), top_k) if top_k else None
    batches = list(examples.in_order_of_length(batch_size))

    def candidates(index: Tensor, walk: int) -> Tensor:
        batch = examples.gather(index)
        scores = model.scores(batch.histories, table.of(keys[index] + walk * OTHER_WALK), steps)
        return mask_candidates(scores, seen.gather(index) if seen else batch, exclude_seen=exclude_seen)

    was_training = model.training
    model.eval()
    try:
        done = 0
        for first in range(0, len(batches), world.size):
            of_this_round = batches[first : first + world.size]
            for index in of_this_round[world.rank : world.rank + 1]:
                found = mean_probability(partial(candidates, index), samples)
                ranks[index.cpu()] = target_rank(found, examples.targets(index)).cpu()
                if lists:
                    lists.put(index.cpu(), found)
            done += sum(map(len, of_this_round))
            if progress:
                progress(done, len(users))
    finally:
        model.train(was_training)
    kept = Lists(world.add(lists.items).numpy(), world.add(lists.scores).numpy()) if lists else None
    return Evaluation(users, world.add(ranks).numpy(), kept)


def mean_probability(candidates_of: Callable[[int], Tensor], samples: int) -> Tensor:
    """What to rank by: of one walk its scores, of several the log of the mean probability, (B, V+1).

    The softmax of the scores is what training fits to the next item, given where a walk ends; its mean over
    walks is a Monte Carlo estimate of p(next item | history), in which an item that some walks are sure of
    counts. Kept as logs, so that items improbable in every walk keep their order; two arrays whatever the
    number of walks.

    Args:
        candidates_of: scores of a walk by its number, -inf what is not to be ranked.
        samples: number of walks.
    """
    first = candidates_of(0)
    if samples == 1:
        return first
    total = first.log_softmax(dim=1)
    for walk in range(1, samples):
        torch.logaddexp(total, candidates_of(walk).log_softmax(dim=1), out=total)
    return total - math.log(samples)


def popularity_baseline(
    dataset: Dataset,
    users: IntArray,
    split: Split,
    *,
    exclude_seen: bool,
    counts: IntArray | None = None,
    top_k: int = 0,
    batch_size: int = 512,
) -> Evaluation:
    """What recommending the items most frequent in the training part to everyone achieves.

    Args:
        dataset: where histories and targets come from.
        users: user indices, (E,).
        split: "val" or "test".
        exclude_seen: leave items of the history out.
        counts: `dataset.training_counts()`, where they are known already.
        top_k: items of the lists to keep; 0 keeps none.
        batch_size: users a batch at most.
    """
    device = torch.device("cpu")
    width = int(np.diff(dataset.offsets).max())
    examples = evaluation_examples(dataset, users, split, width, device)
    frequent = torch.from_numpy(dataset.training_counts() if counts is None else counts).double()  # (V+1,)
    ranks = torch.empty(len(users), dtype=torch.int64)
    lists = ListsUnderWay(len(users), top_k) if top_k else None
    for index in examples.in_order_of_length(max(1, min(batch_size, MOST_SCORES // len(frequent)))):
        batch = examples.gather(index)
        scores = mask_candidates(frequent.repeat(len(batch), 1), batch, exclude_seen=exclude_seen)
        ranks[index] = target_rank(scores, batch.targets)
        if lists:
            lists.put(index, scores)
    return Evaluation(
        users, ranks.numpy(), Lists(lists.items.numpy(), lists.scores.numpy()) if lists else None
    )
