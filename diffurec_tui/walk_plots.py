"""What the plots of a walk show: the ranks of its items, and the curves below them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diffurec.inspection.frames import Lens, RankPaths
from diffurec.inspection.views import Fork
from diffurec_tui.reading import States
from diffurec_tui.widgets.braille import same_place
from diffurec_tui.widgets.bump import Bump, Line
from diffurec_tui.widgets.curves import Series
from diffurec_tui.widgets.text import symbols


def rank_series(states: States, lens: Lens, num_items: int) -> Series:
    """Rank of the true next item; gaps where it is unknown."""
    return Series("rank", target_ranks(states, lens), 1, float(num_items), log_rank=True)


def target_ranks(states: States, lens: Lens) -> tuple[float, ...]:
    ranks = [one.target_rank for one in states.rankings(lens)]
    return tuple(math.nan if rank is None else float(rank) for rank in ranks)


def pinned_series(pinned: States, count: int, lens: Lens, num_items: int) -> Series:
    """The rank in another walk, of as many states as this one has."""
    ranks = target_ranks(pinned, lens)
    there = tuple(ranks[same_place(index, count - 1, len(ranks) - 1)] for index in range(count))
    return Series("pinned", there, 1, float(num_items), log_rank=True)


def other_series(states: States, lens: Lens, num_items: int) -> tuple[Series, ...]:
    """Overlap with the final list, entropy, how far the state moved, cosine to the end, and the noise."""
    frames = states.trajectory.frames
    moved = (math.nan, *(frame.moved if math.isfinite(frame.moved) else math.nan for frame in frames))
    entropy = tuple(one.entropy for one in states.rankings(lens))
    most = max((value for value in moved if not math.isnan(value)), default=1.0)
    cosine, noise = (
        states.trajectory.cosine_to_final(lens),
        [math.sqrt(1 - one.alphas_cumprod) for one in frames],
    )
    if states.trajectory.complete:
        cosine.append(1.0)
        noise.append(0.0)
    return (
        Series("overlap", states.overlap(lens), 0.0, 1.0),
        Series("entropy", entropy, 0.0, math.log(max(2, num_items))),
        Series("moved", moved[: states.last + 1], 0.0, most),
        Series("cosine", tuple(cosine), min(0.0, *cosine), 1.0),
        Series("noise", tuple(noise), 0.0, 1.0),
    )


@dataclass(frozen=True)
class Followed:
    """What a bump chart follows along a walk."""

    states: States
    lens: Lens
    items: tuple[int, ...]
    """The list at the cursor, best first."""
    target: int | None
    """The true next item, if it is known."""
    tracked: int | None
    """An item followed by hand."""
    paths: RankPaths | None
    """Ranks of all items of the walk's lists, where they are there already."""
    pinned: States | None
    """Another walk, for the rank of the true next item in it."""
    forks: tuple[Fork, ...]

    def bump(self, num_items: int) -> Bump:
        """The chart, of a catalogue of `num_items`."""
        states, lens, k = self.states, self.lens, len(self.items)
        lines = [
            Line("top" if place == 1 else "list", self._ranks(item), str(place))
            for place, item in enumerate(self.items, 1)
            if item not in (self.target, self.tracked)
        ]
        if self.pinned is not None:
            lines.append(Line("pinned", target_ranks(self.pinned, lens)))
        if self.tracked is not None and self.tracked != self.target:
            lines.append(Line("tracked", self._ranks(self.tracked), symbols().tracked))
        if self.target is not None:
            lines.append(Line("target", target_ranks(states, lens), symbols().star))
        locked: tuple[tuple[int, str], ...] = ()
        if states.trajectory.complete:
            locked = ((states.locked_in(k, lens), f"top-{k}"), (states.locked_in(1, lens), "top-1"))
        forks = tuple(one.step for one in self.forks)
        return Bump(tuple(lines), k, num_items, states.num_steps + 1, forks, locked)

    def _ranks(self, item: int) -> tuple[float, ...]:
        ranks = None if self.paths is None else self.paths.of(item, self.lens)
        return () if ranks is None else tuple(ranks.tolist())
