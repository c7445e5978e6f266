from __future__ import annotations

import math

import pytest
import torch

from diffurec.approximator import Approximator, Attention, sinusoid
from diffurec.dropout import dropout


def make(mask="keys", blocks=2, p=0.0) -> Approximator:
    torch.manual_seed(0)
    return Approximator(16, blocks, 4, p, mask).eval()


def inputs(length=5, rows=3):
    generator = torch.Generator().manual_seed(1)
    e = torch.randn(rows, length, 16, generator=generator)
    x_t = torch.randn(rows, 16, generator=generator)
    lam = torch.randn(rows, length, 16, generator=generator)
    return e, x_t, torch.tensor([3.0]), lam


def pad(tensor: torch.Tensor, width: int) -> torch.Tensor:
    return torch.cat([torch.randn(tensor.shape[0], width, tensor.shape[2]), tensor], dim=1)


def test_with_the_key_mask_padding_changes_nothing() -> None:
    model, (e, x_t, t, lam) = make("keys"), inputs()
    real = torch.cat([torch.zeros(3, 4, dtype=torch.bool), torch.ones(3, 5, dtype=torch.bool)], dim=1)
    narrow = model(e, None, x_t, t, lam)
    wide = model(pad(e, 4), real, x_t, t, pad(lam, 4))
    torch.testing.assert_close(wide, narrow, rtol=1e-5, atol=1e-5)


def test_with_the_query_mask_padding_takes_part() -> None:
    model, (e, x_t, t, lam) = make("queries"), inputs()
    real = torch.cat([torch.zeros(3, 4, dtype=torch.bool), torch.ones(3, 5, dtype=torch.bool)], dim=1)
    assert not torch.allclose(
        model(pad(e, 4), real, x_t, t, pad(lam, 4)), model(e, None, x_t, t, lam), atol=1e-3
    )


@pytest.mark.parametrize("mask", ["keys", "queries"])
def test_one_query_in_the_last_block_gives_what_all_queries_give(mask) -> None:
    torch.manual_seed(0)
    attention = Attention(16, 4, 0.0, mask).eval()
    x = torch.randn(3, 6, 16)
    real = torch.tensor([[False, False, True, True, True, True]] * 3)
    everything = attention(x, real, last_only=False)
    torch.testing.assert_close(attention(x, real, last_only=True), everything[:, -1:])


def test_the_query_mask_makes_rows_of_padding_uniform() -> None:
    torch.manual_seed(0)
    attention = Attention(16, 4, 0.0, "queries").eval()
    x = torch.randn(1, 4, 16)
    out = attention(x, torch.tensor([[False, True, True, True]]), last_only=False)
    torch.testing.assert_close(out[0, 0], attention.out(attention.value(x).mean(1))[0])


def test_the_order_of_the_history_before_the_last_item_does_not_matter() -> None:
    """The paper's model has no positions: it reads a set and a last item."""
    model, (e, x_t, t, lam) = make(), inputs()
    shuffled = torch.tensor([2, 0, 3, 1, 4])
    torch.testing.assert_close(
        model(e[:, shuffled], None, x_t, t, lam[:, shuffled]),
        model(e, None, x_t, t, lam),
        rtol=1e-5,
        atol=1e-5,
    )


def test_lambda_zero_shuts_x_t_out() -> None:
    model, (e, x_t, t, lam) = make(), inputs()
    nothing = torch.zeros_like(lam)
    assert torch.equal(model(e, None, x_t, t, nothing), model(e, None, -7 * x_t, t, nothing))


def test_training_attention_without_dropout_is_the_fused_one() -> None:
    torch.manual_seed(0)
    attention = Attention(16, 4, 1e-9, "keys")
    x, real = torch.randn(3, 6, 16), torch.tensor([[False, True, True, True, True, True]] * 3)
    spelled = attention.train()(x, real, last_only=False)
    torch.testing.assert_close(spelled, attention.eval()(x, real, last_only=False), rtol=1e-4, atol=1e-5)


def test_sinusoid_has_cosines_first() -> None:
    embedding = sinusoid(torch.tensor([2.5]), 6)[0]
    rates = [math.exp(-math.log(10_000) * i / 3) for i in range(3)]
    expected = [math.cos(2.5 * r) for r in rates] + [math.sin(2.5 * r) for r in rates]
    assert embedding.tolist() == pytest.approx(expected, abs=1e-6)
    assert sinusoid(torch.tensor([2.5]), 7)[0, -1] == 0


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(p) -> None:
    torch.manual_seed(0)
    x = torch.ones(1001, 999)
    y = dropout(x, p, training=True)
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.002)
    assert y.mean().item() == pytest.approx(1, abs=0.003)
    assert y.unique().numel() == 2
    # Neighbours share a random draw; they must be independent all the same.
    a, b = (y[:, :-1] == 0).float(), (y[:, 1:] == 0).float()
    assert (a * b).mean().item() == pytest.approx(p * p, abs=0.002)


def test_dropout_repeats_with_torchs_seed_and_rests_in_evaluation() -> None:
    x = torch.randn(7, 5)
    torch.manual_seed(3)
    first = dropout(x, 0.3, training=True)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(x, 0.3, training=True))
    assert dropout(x, 0.3, training=False) is x
