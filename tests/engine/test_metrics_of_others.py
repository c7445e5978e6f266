"""Our figures beside those of an independent library, on the same lists."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torchmetrics.retrieval import RetrievalHitRate, RetrievalMRR, RetrievalNormalizedDCG

from diffurec.metrics import CUTOFFS, ranking_metrics, target_rank

LIBRARY = {"HR": RetrievalHitRate, "NDCG": RetrievalNormalizedDCG, "MRR": RetrievalMRR}


@pytest.mark.parametrize("k", CUTOFFS)
@pytest.mark.parametrize("name", LIBRARY)
def test_metrics_are_those_of_torchmetrics(name, k) -> None:
    users, items = 300, 60
    generator = torch.Generator().manual_seed(k)
    scores = torch.randn(users, items + 1, generator=generator, dtype=torch.float64)
    targets = torch.randint(1, items + 1, (users,), generator=generator)
    scores[:, 0] = -torch.inf
    ours = ranking_metrics(target_rank(scores, targets).numpy())[f"{name}@{k}"]

    metric = LIBRARY[name](top_k=k)
    truth = torch.arange(1, items + 1) == targets[:, None]
    indexes = torch.arange(users)[:, None].expand(users, items)
    theirs = metric(scores[:, 1:].flatten(), truth.flatten(), indexes=indexes.flatten())
    assert np.isclose(ours, 100 * float(theirs), rtol=0, atol=1e-4)  # theirs is float32, and ours in percent
    assert 0 < ours < 100
