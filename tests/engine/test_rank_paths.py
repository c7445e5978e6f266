from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.data.catalogue import load_catalogue
from diffurec.inspection.cases import Case
from diffurec.inspection.frames import RankPaths, Trajectory
from diffurec.inspection.inspector import Inspector
from diffurec.inspection.rank_paths import _ranks, rank_paths
from diffurec.inspection.views import View
from diffurec.metrics import target_rank
from diffurec.model import DiffuRec
from diffurec.walk_options import WalkOptions

STEPS, CASE = 12, Case((3, 4, 5, 6), 7)


def inspector() -> Inspector:
    torch.manual_seed(0)
    config = Config(
        data=DataConfig(max_len=6),
        model=ModelConfig(hidden_size=16, num_blocks=2, num_heads=2, lambda_mean=0.5),
        diffusion=DiffusionConfig(steps=STEPS, schedule="cosine"),
    )
    return Inspector(DiffuRec(30, config), load_catalogue(30))


def followed(view: View, others=()) -> tuple[Trajectory, RankPaths]:
    model = inspector()
    frames = tuple(model.walk(CASE, 3, view))
    trajectory = Trajectory(frames, len(frames))
    *waits, paths = rank_paths(model, CASE, view, trajectory, others)
    assert waits == [None] * len(frames), "one can wait after each step"
    assert paths is not None
    return trajectory, paths


@pytest.mark.parametrize(
    "view",
    [View(), View(top_k=4, exclude_seen=True), View(walk=WalkOptions(steps=5, rounding="distance"))],
)
def test_ranks_are_those_of_the_frames(view) -> None:
    trajectory, paths = followed(view, others=[29])
    for lens in ("x_t", "x_0_hat"):
        for index in range(trajectory.num_steps + 1):
            frame = trajectory.frames[min(index, trajectory.num_steps - 1)]
            ranking = frame.ranking(lens) if index < trajectory.num_steps else frame.x_0_hat
            for place, item in enumerate(ranking.items.tolist(), 1):
                assert paths.of(item, lens)[index] == place
            assert paths.of(7, lens)[index] == ranking.target_rank
    assert paths.of(29, "x_t").shape == (trajectory.num_steps + 1,)
    assert RankPaths((), paths.x_t[:, :0], paths.x_0_hat[:, :0]).of(7, "x_t") is None


scores = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, -np.inf, np.nan]), st.floats(-3, 3, width=32)),
    min_size=2,
    max_size=12,
)


@settings(max_examples=200)
@given(scores)
def test_ties_and_numbers_that_are_none_rank_as_in_the_metrics(values) -> None:
    row = np.array([[-np.inf, *values]], dtype=np.float32)
    items = list(range(1, len(values) + 1))
    expected = target_rank(torch.from_numpy(row).expand(len(items), -1), torch.tensor(items))
    assert _ranks(row, items)[0].tolist() == expected.tolist()
