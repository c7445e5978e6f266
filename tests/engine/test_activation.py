"""The activation with its dropout, against torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from diffurec import dropout
from diffurec.activation import gelu_dropped


@pytest.mark.parametrize("p", [0.0, 0.3])
def test_values_and_gradients_are_torchs_with_the_same_mask(p: float):
    x = torch.randn(64, 5, 16, dtype=torch.float32, requires_grad=True)
    weight = torch.randn(64, 5, 16)
    torch.manual_seed(3)
    made = gelu_dropped(x, p, training=True)
    (ours,) = torch.autograd.grad((made * weight).sum(), x)
    torch.manual_seed(3)
    plain = dropout.dropout(F.gelu(x, approximate="tanh"), p, training=True)
    (theirs,) = torch.autograd.grad((plain * weight).sum(), x)
    assert torch.equal(made, plain)
    torch.testing.assert_close(ours, theirs)


def test_double_precision_gradients_are_those_of_finite_differences():
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)

    def same_mask(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(5)
        return gelu_dropped(x, 0.5, training=True)

    assert torch.autograd.gradcheck(same_mask, x)


def test_nothing_is_dropped_outside_training():
    x = torch.randn(7, 3)
    assert torch.equal(gelu_dropped(x, 0.9, training=False), F.gelu(x, approximate="tanh"))


def test_in_bf16_the_form_taken_is_within_the_rounding_of_its_argument():
    x = torch.linspace(-8, 8, 40_001)
    rounded = x.bfloat16()
    exact = F.gelu(rounded.double(), approximate="tanh")
    taken = F.gelu(rounded.double())
    nearest = torch.stack([rounded.double() * (1 - 2**-8), rounded.double() * (1 + 2**-8)])
    moved = (F.gelu(nearest, approximate="tanh") - exact).abs().amax()
    assert (taken - exact).abs().max() < 5e-4 < moved
    torch.testing.assert_close(
        gelu_dropped(rounded, 0.0, training=True).double(), taken, rtol=2**-8, atol=2**-12
    )


def test_the_mask_is_none_where_nothing_is_dropped_and_keeps_the_mean_elsewhere():
    x = torch.ones(1000, 1000)
    assert dropout.draw_mask(x, 1e-9) is None
    for p in (0.1, 0.3, 0.9):
        mask = dropout.draw_mask(x, p)
        assert mask is not None
        assert torch.unique(mask).numel() == 2
        assert mask.mean().item() == pytest.approx(1, abs=0.02)
        assert (mask == 0).double().mean().item() == pytest.approx(p, abs=0.01)
