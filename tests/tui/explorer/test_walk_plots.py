from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Frame, Ranking, RankPaths, Trajectory
from diffurec.inspection.views import Fork, View
from diffurec_tui.reading import States
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.walk_plots import Followed, other_series, pinned_series
from diffurec_tui.walk_tree import neighbour, tree
from diffurec_tui.walking import fork, reseed
from diffurec_tui.widgets.braille import curve, signs
from diffurec_tui.widgets.bump import height_of

CASE = Case((3, 4, 5), 9)
SPEC = WalkSpec(5, CASE, 0, View())


def ranking(items: list[int], rank: int) -> Ranking:
    scores = np.arange(len(items), 0, -1, dtype=np.float32)
    return Ranking(np.array(items), scores, scores / scores.sum(), 1.0, rank)


def walk(steps: int = 4) -> Trajectory:
    frames = [
        Frame(
            index=index,
            t=steps - 1 - index,
            x_0_hat=ranking([1, 2, 3], 9),
            x_t=ranking([index + 1, 7, 8], 10 - index),
            moved=1.0,
            x_0_hat_vector=np.array([1.0, 0.0], dtype=np.float32),
            x_t_vector=np.array([math.cos(index), math.sin(index)], dtype=np.float32),
            alphas_cumprod=(index + 1) / (steps + 1),
        )
        for index in range(steps)
    ]
    return Trajectory(tuple(frames), steps)


def paths(items: tuple[int, ...], steps: int = 4) -> RankPaths:
    ranks = np.arange((steps + 1) * len(items), dtype=np.int32).reshape(steps + 1, len(items)) + 1
    return RankPaths(items, ranks, ranks + 100)


def test_curves_of_a_walk() -> None:
    series = {one.label: one for one in other_series(States(walk()), "x_t", 50)}
    assert series["cosine"].values == pytest.approx([math.cos(0), math.cos(1), math.cos(2), math.cos(3), 1.0])
    assert series["cosine"].low == pytest.approx(math.cos(3)), "the axis reaches down to the lowest"
    assert series["noise"].values == pytest.approx(
        [math.sqrt(0.8), math.sqrt(0.6), math.sqrt(0.4), math.sqrt(0.2), 0]
    )
    assert series["overlap"].values[-1] == 1
    unfinished = States(Trajectory(walk().frames[:2], 4))
    assert [len(one.values) for one in other_series(unfinished, "x_t", 50)] == [2] * 5


def test_a_pinned_walk_of_another_length_is_drawn_from_edge_to_edge() -> None:
    series = pinned_series(States(walk(2)), 5, "x_t", 50)
    assert series.values in ((10, 10, 9, 9, 9), (10, 9, 9, 9, 9))
    assert series.values[-1] == 9, "the last state is the last state"


def test_what_a_bump_chart_follows() -> None:
    states = States(walk())
    followed = Followed(states, "x_t", (1, 7, 9), 9, 8, paths((1, 7, 8, 9)), states, (Fork(2, 1),))
    bump = followed.bump(50)
    assert [(one.role, one.label) for one in bump.lines] == [
        ("top", "1"), ("list", "2"), ("pinned", ""), ("tracked", "◆"), ("target", "★"),
    ]  # fmt: skip
    assert bump.lines[1].ranks == (2, 6, 10, 14, 18)
    assert bump.lines[-1].ranks == (10, 9, 8, 7, 9), "the true next item's come with the walk itself"
    assert bump.forks == (2,)
    assert bump.locked == ((4, "top-3"), (4, "top-1"))
    waiting = replace(followed, paths=None).bump(50)
    assert [len(one.ranks) for one in waiting.lines] == [0, 0, 5, 0, 5]


@given(st.integers(1, 50), st.integers(1, 1_000_000))
def test_better_ranks_are_drawn_higher(k: int, num_items: int) -> None:
    ranks = sorted({1, min(k, num_items), min(k + 1, num_items), (num_items + 1) // 2, num_items})
    heights = height_of(ranks, k, num_items)
    assert heights[0] == 1
    assert (np.diff(heights) < 0).all()
    assert heights[-1] >= -1e-9


def test_a_curve_is_connected_and_leaves_gaps() -> None:
    dots = curve([0.0, 1.0, math.nan, 0.0, 0.0], 5, 10, 3, 0.0, 1.0, braille=True)
    assert dots.shape == (12, 20)
    columns = np.flatnonzero(dots.any(axis=0))
    assert dots[-1, 0], "the lowest value is at the bottom"
    assert columns.max() == 19
    assert not dots[:, 8].any(), "no line to or from what is no number"
    rising = dots[:, :5]
    assert rising.any(axis=1)[2:].all(), "every row is crossed on the way up"
    drawn = signs(dots, braille=True)
    assert drawn.shape == (3, 10)
    assert ((drawn == 0) | ((drawn > 0x2800) & (drawn < 0x2900))).all()
    plain = signs(curve([0.0, 1.0], 2, 6, 3, 0.0, 1.0, braille=False), braille=False)
    assert set(plain.ravel().tolist()) == {0, ord("*")}


def test_forks_hang_below_the_walk_they_left() -> None:
    first = fork(SPEC, 8, 32)
    assert first is not None
    second, third = fork(first, 20, 32), fork(SPEC, 8, 32)
    other = reseed(SPEC)
    assert second is not None
    assert third == first
    edited = replace(SPEC, case=replace(CASE, history=(3, 4)))
    branches = tree([SPEC, first, other, second, edited], CASE)
    assert [(one.depth, one.label) for one in branches] == [
        (0, "seed 0"), (1, "⑂8:1"), (2, "⑂20:2"), (0, "seed 1"), (0, "seed 0 edited −1"),
    ]  # fmt: skip
    assert neighbour(branches, first, 1) == second
    assert neighbour(branches, second, 1) == other
    assert neighbour(branches, SPEC, -1) is None
    assert neighbour(branches, edited, 1) is None
    unknown = replace(SPEC, seed=77)
    assert neighbour(branches, unknown, -1) == edited, "from one that is not finished, back to the last"
    assert neighbour(branches, unknown, 1) is None


def test_a_fork_whose_parent_is_forgotten_hangs_below_the_nearest_one_known() -> None:
    first = fork(SPEC, 8, 32)
    assert first is not None
    second = fork(first, 20, 32)
    assert second is not None
    assert [(one.depth, one.label) for one in tree([SPEC, second], CASE)] == [
        (0, "seed 0"),
        (1, "⑂8:1 ⑂20:2"),
    ]
    assert [(one.depth, one.label) for one in tree([second], CASE)] == [(0, "seed 0 ⑂8:1 ⑂20:2")]
