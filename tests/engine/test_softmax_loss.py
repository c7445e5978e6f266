from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from diffurec import softmax_loss
from diffurec.softmax_loss import cross_entropy, sampled_cross_entropy

ROWS, SIZE, ITEMS = 7, 8, 101


@pytest.fixture
def tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(ROWS, SIZE, generator=generator).requires_grad_()
    table = torch.randn(ITEMS + 1, SIZE, generator=generator).requires_grad_()
    return x, table, torch.randint(1, ITEMS + 1, (ROWS,), generator=generator)


@pytest.mark.parametrize("score_padding", [False, True])
@pytest.mark.parametrize("most", [ROWS, 10 * ROWS, 50 * ROWS + 3, ROWS * ITEMS])
def test_chunks_change_neither_loss_nor_gradients(monkeypatch, tensors, most, score_padding) -> None:
    x, table, targets = tensors
    weights = torch.arange(1.0, ROWS + 1)
    results = []
    for limit in (1 << 30, most):
        monkeypatch.setattr(softmax_loss, "MOST_SCORES", limit)
        monkeypatch.setattr(softmax_loss, "CHUNK_SCORES", limit)
        losses = cross_entropy(x, table, targets, score_padding=score_padding)
        results.append((losses, *torch.autograd.grad((losses * weights).sum(), (x, table))))
    for whole, chunked in zip(*results, strict=True):
        assert torch.allclose(whole, chunked, atol=1e-5)
    assert score_padding or not results[1][2][0].any(), "padding takes no part"


def test_half_precision_keeps_the_loss_to_its_digits(monkeypatch, tensors) -> None:
    x, table, targets = tensors
    exact = cross_entropy(x, table, targets)
    monkeypatch.setattr(softmax_loss, "MOST_SCORES", 10 * ROWS)
    monkeypatch.setattr(softmax_loss, "CHUNK_SCORES", 10 * ROWS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = cross_entropy(x, table, targets)
    assert losses.dtype == torch.float32
    assert torch.allclose(losses, exact, atol=0.1)
    losses.sum().backward()
    assert table.grad is not None
    assert table.grad.dtype == torch.float32


def test_sampled_loss_is_exact_where_every_item_is_drawn_once(tensors) -> None:
    x, table, targets = tensors
    every = torch.arange(1, ITEMS + 1)
    sampled = sampled_cross_entropy(x, table, targets, every, torch.zeros(ITEMS + 1))
    exact = F.cross_entropy(x @ table[1:].T, targets - 1, reduction="none")
    assert torch.allclose(sampled, exact, atol=1e-5)


def test_sampled_cosines_are_those_of_directions(tensors) -> None:
    x, table, targets = tensors
    every, expected = torch.arange(1, ITEMS + 1), torch.zeros(ITEMS + 1)
    directions = F.normalize(table, dim=-1)
    ours = sampled_cross_entropy(x, table, targets, every, expected, cosine=True)
    assert torch.allclose(ours, sampled_cross_entropy(x, directions, targets, every, expected), atol=1e-5)


def test_the_correction_makes_the_sampled_sum_unbiased(tensors) -> None:
    """Σ over the other items of exp(score), estimated under a proposal that favours some of them."""
    x, table, targets = (tensor.detach() for tensor in tensors)
    proposal = torch.arange(0.0, ITEMS + 1) ** 1.5 + 1
    proposal[0] = 0
    proposal /= proposal.sum()
    number = 200_000
    negatives = torch.multinomial(
        proposal, number, replacement=True, generator=torch.Generator().manual_seed(1)
    )
    log_expected = (number * proposal).log()
    own = (x * table[targets]).sum(-1)
    sampled = sampled_cross_entropy(x, table, targets, negatives, log_expected)
    exact = F.cross_entropy(x @ table[1:].T, targets - 1, reduction="none")
    assert torch.allclose((sampled + own).exp(), (exact + own).exp(), rtol=0.05)
