"""The curves of a walk for a plain terminal, drawn by plotext."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from diffurec.inspection.frames import Lens, Trajectory

HEIGHT = 14


def curves(trajectory: Trajectory, lens: Lens, width: int) -> str:
    """Rank of the true next item and share of the final list, over the steps of a walk, side by side.

    Args:
        trajectory: a finished walk.
        lens: what is rounded at each step.
        width: cells for both plots together.

    Returns:
        Lines of text, coloured where stdout is a terminal.
    """
    import plotext

    plot = cast("Any", plotext)
    rankings = [frame.ranking(lens) for frame in trajectory.frames]
    steps = list(range(1, len(rankings) + 1))
    plot.main().clear_figure()
    plot.theme("clear")
    plot.subplots(1, 2)
    plot.plot_size(width, HEIGHT)
    left = plot.subplot(1, 1)
    left.title("rank of the true next item")
    ranks = [one.target_rank for one in rankings]
    if all(ranks):
        # plotext's own log scale fails on a second build.
        logs = [-math.log10(rank) for rank in ranks if rank]
        highest = math.ceil(-min(logs))
        left.plot(steps, logs, marker="braille")
        left.ylim(-max(1, highest), 0)
        left.yticks(
            [-power for power in range(highest + 1)], [f"{10**power}" for power in range(highest + 1)]
        )
    right = plot.subplot(1, 2)
    right.title("share of the final list")
    right.plot(steps, trajectory.overlap_with_final(lens), marker="braille")
    right.ylim(0, 1)
    drawn = str(plot.build())
    return drawn if sys.stdout.isatty() else str(plot.uncolorize(drawn))
