"""Where items rank at every state of a walk: what a bump chart draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import RankPaths, Ranks, Trajectory
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.views import View


@torch.no_grad()
def rank_paths(
    inspector: Inspector, case: Case, view: View, trajectory: Trajectory, others: Sequence[int] = ()
) -> Iterator[RankPaths | None]:
    """Rank every item that is in any list of a finished walk, the true next item, and `others`.

    Ties count as in `target_rank`: half of them before an item, half after it.

    Args:
        inspector: the model.
        case: the history that was walked.
        view: how it was walked and rounded.
        trajectory: the finished walk.
        others: more items to follow.

    Returns:
        None after each step, to wait at, and the ranks at the end.
    """
    wanted = {int(item) for frame in trajectory.frames for item in (*frame.x_t.items, *frame.x_0_hat.items)}
    wanted.update(others, () if case.target is None else (case.target,))
    items = sorted(wanted)
    rows: list[Ranks] = []
    for frame in trajectory.frames:
        both = np.stack([frame.x_t_vector, frame.x_0_hat_vector])
        scores = inspector.candidates(torch.from_numpy(both).to(inspector.model.device), [case, case], view)
        rows.append(_ranks(scores.cpu().numpy(), items))
        yield None
    states = np.stack(rows)  # (S, 2, n)
    x_0 = states[-1:, 1]  # the walk ends in the last x̂_0, through either lens
    yield RankPaths(tuple(items), np.concatenate([states[:, 0], x_0]), np.concatenate([states[:, 1], x_0]))


def _ranks(scores: npt.NDArray[np.float32], items: Sequence[int]) -> Ranks:
    """Ranks of `items` in each row of scores, (rows, n)."""
    found = np.empty((len(scores), len(items)), dtype=np.int32)
    for row, values in enumerate(scores):
        falling = np.sort(-values)  # NaN last
        own = -values[items]
        above, upto = _places(falling, own, "left"), _places(falling, own, "right")
        tied = upto - above - 1
        out = ~(own < np.inf)  # taken out of the ranking, or no number
        found[row] = np.where(
            out, np.count_nonzero(falling < np.inf) + 1, 1 + above + np.maximum(tied, 0) // 2
        )
    return found


def _places(
    rising: npt.NDArray[np.float32], values: npt.NDArray[np.float32], side: Literal["left", "right"]
) -> npt.NDArray[np.int64]:
    return np.searchsorted(rising, values, side=side)  # pyright: ignore[reportUnknownVariableType]
