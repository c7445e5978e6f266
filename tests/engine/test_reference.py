"""The engine against the plain model of `benchmarks/reference`: the same loss, gradients and walks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.reference.model import ReferenceDiffuRec
from diffurec.config import Config
from diffurec.data.batches import Batch
from diffurec.model import DiffuRec
from diffurec.walk_options import WalkOptions
from tests.helpers import small_config

MAX_LEN, ITEMS, ROWS = 12, 50, 16


class Given:
    """Draws that were made before; λ for the full width, of which the end is used."""

    def __init__(self, *numbers: torch.Tensor) -> None:
        self.numbers = list(numbers)

    def normal(self, shape) -> torch.Tensor:
        drawn = self.numbers.pop(0)
        return drawn if drawn.shape == tuple(shape) else drawn[:, -shape[1] :]


class Fixed(torch.nn.Module):
    remembers = False

    def __init__(self, t: torch.Tensor) -> None:
        super().__init__()
        self.t = t

    def sample(self, rows, generator):
        return self.t, torch.ones(rows)


@pytest.fixture
def config() -> Config:
    base = small_config(lambda_mean=0.3)
    return replace(base, model=replace(base.model, dropout=0.0, embedding_dropout=0.0))


@pytest.fixture
def models(config: Config) -> tuple[DiffuRec, ReferenceDiffuRec]:
    torch.manual_seed(0)
    fast, plain = DiffuRec(ITEMS, config), ReferenceDiffuRec(ITEMS, config)
    plain.load_state_dict(fast.state_dict())
    return fast, plain


def histories(longest: int) -> torch.Tensor:
    """Left-padded to the full width, none longer than `longest`."""
    generator = torch.Generator().manual_seed(longest)
    lengths = torch.randint(1, longest + 1, (ROWS, 1), generator=generator)
    items = torch.randint(1, ITEMS + 1, (ROWS, MAX_LEN), generator=generator)
    return torch.where(torch.arange(-MAX_LEN, 0) >= -lengths, items, 0)


@pytest.mark.parametrize("longest", [1, 5, MAX_LEN])
def test_loss_and_gradients(monkeypatch, models, longest: int) -> None:
    fast, plain = models
    generator = torch.Generator().manual_seed(1)
    size = fast.item_embeddings.embedding_dim
    full = histories(longest)
    targets = torch.randint(1, ITEMS + 1, (ROWS,), generator=generator)
    noise = torch.randn(ROWS, size, generator=generator)
    standard = torch.randn(ROWS, MAX_LEN, size, generator=generator)
    s = torch.randint(32, (ROWS,), generator=generator)
    expected = plain.loss(full, targets, s, noise, 0.3 * (1 + standard))
    expected.backward()
    monkeypatch.setattr("diffurec.model.BatchDraws", lambda *_: Given(noise, standard))
    fast.timestep_sampler = Fixed(s)
    loss = fast.loss(Batch(full[:, -longest:], targets), torch.Generator())
    loss.backward()
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    by_name = dict(plain.named_parameters())
    for name, parameter in fast.named_parameters():
        wanted = by_name[name].grad
        assert parameter.grad is not None, name
        assert wanted is not None, name
        assert float((parameter.grad - wanted).abs().max()) < 1e-4 * max(1.0, float(wanted.abs().max())), name


def test_the_end_of_a_walk(models) -> None:
    fast, plain = (model.eval() for model in models)
    generator = torch.Generator().manual_seed(2)
    size = fast.item_embeddings.embedding_dim
    x_T = torch.randn(ROWS, size, generator=generator)
    steps = [
        (torch.randn(ROWS, MAX_LEN, size, generator=generator), torch.randn(ROWS, size, generator=generator))
        for _ in range(32)
    ]
    full = histories(5)
    expected = plain.scores(full, [(x_T, x_T), *((0.3 * (1 + lam), noise) for lam, noise in steps)])
    given = Given(x_T, *(tensor for step in steps for tensor in step))
    with torch.no_grad():
        history = fast.condition(full[:, -5:])
        scores = fast.round(fast.walk_to_end(history, given, WalkOptions()))
    assert float((scores - expected).abs().max()) < 1e-4 * float(expected.abs().max())
