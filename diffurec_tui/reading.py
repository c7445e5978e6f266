"""What a walk amounts to: its curves, and one line that says where it settled."""

from __future__ import annotations

import math

from diffurec.inspection.frames import Lens, Trajectory
from diffurec_tui.snapshots import RunFacts
from diffurec_tui.widgets.curves import Series
from diffurec_tui.widgets.text import symbols

SETTLED_LAMBDA = 0.01
"""Below it, a walk's read-out hardly depends on the state."""


def rank_series(trajectory: Trajectory, lens: Lens, num_items: int) -> Series:
    """Rank of the true next item; gaps where it is unknown."""
    ranks = [frame.ranking(lens).target_rank for frame in trajectory.frames]
    values = tuple(math.nan if rank is None else float(rank) for rank in ranks)
    return Series("rank", values, 1, float(num_items), log_rank=True)


def other_series(trajectory: Trajectory, lens: Lens, num_items: int) -> tuple[Series, Series, Series]:
    """Overlap with the final list, entropy, and how far the state moved."""
    frames = trajectory.frames
    moved = tuple(frame.moved if math.isfinite(frame.moved) else math.nan for frame in frames)
    entropy = tuple(frame.ranking(lens).entropy for frame in frames)
    most = max((value for value in moved if not math.isnan(value)), default=1.0)
    return (
        Series("overlap", tuple(trajectory.overlap_with_final(lens)), 0.0, 1.0),
        Series("entropy", entropy, 0.0, math.log(max(2, num_items))),
        Series("moved", moved, 0.0, most),
    )


def note(trajectory: Trajectory, facts: RunFacts, lens: Lens) -> str:
    """Where each lens locked in, and what that says of the model."""
    if not trajectory.complete:
        return f"walking{symbols().more} {len(trajectory.frames)}/{trajectory.num_steps}"
    k = len(trajectory.frames[0].x_0_hat.items)
    sign = symbols()

    def locks(one: Lens) -> tuple[int, int]:
        return trajectory.locked_in(1, one) + 1, trajectory.locked_in(k, one) + 1

    first, all_of = locks("x_0_hat")
    if first == all_of == 1:
        why = f" ({sign.lam}0 = {facts.lambda_mean:g}: it hardly looks at x_t)" if (
            facts.lambda_mean < SETTLED_LAMBDA
        ) else ""  # fmt: skip
        reads = f"{sign.x_0_hat} is settled from step 1{why}"
    else:
        reads = f"{sign.x_0_hat}: top-1 locked at step {first}, top-{k} at {all_of}"
    first, all_of = locks("x_t")
    state = f"x_t: top-1 locked at step {first}, top-{k} at {all_of}"
    parts = [state, reads] if lens == "x_t" else [reads, state]
    return f"   {sign.dot} ".join(parts).replace("   ", " ")
