from __future__ import annotations

import pytest
import torch

from diffurec.timesteps import HISTORY, TimestepSampler


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def fed(losses: list[float]) -> TimestepSampler:
    sampler = TimestepSampler("loss_aware", len(losses))
    t = torch.arange(len(losses)).repeat_interleave(HISTORY)
    sampler.update(t, torch.tensor(losses).repeat_interleave(HISTORY))
    return sampler


def test_uniform_draws_every_timestep_alike_with_weight_one() -> None:
    t, weight = TimestepSampler("uniform", 8).sample(80_000, generator())
    assert torch.bincount(t).float().div(10_000).tolist() == pytest.approx([1] * 8, rel=0.05)
    assert weight.unique().tolist() == [1]


def test_loss_aware_is_uniform_until_every_timestep_has_its_history() -> None:
    sampler = TimestepSampler("loss_aware", 4)
    sampler.update(torch.tensor([0] * 50 + [1] * 9), torch.full((59,), 7.0))
    assert sampler.probabilities().tolist() == pytest.approx([0.25] * 4)


def test_loss_aware_follows_the_losses_it_was_told() -> None:
    p = fed([1.0, 2.0, 3.0, 4.0]).probabilities()
    assert p.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4], abs=1e-3)


def test_old_losses_are_forgotten() -> None:
    sampler = fed([1.0, 1.0])
    sampler.update(torch.zeros(HISTORY, dtype=torch.int64), torch.full((HISTORY,), 3.0))
    assert sampler.probabilities().tolist() == pytest.approx([0.75, 0.25], abs=1e-3)


def test_the_weights_keep_the_loss_unbiased() -> None:
    losses = torch.tensor([1.0, 2.0, 3.0, 10.0])
    t, weight = fed(losses.tolist()).sample(200_000, generator())
    assert (losses[t] * weight).mean().item() == pytest.approx(losses.mean().item(), rel=0.01)


def test_its_memory_is_part_of_the_model_only_where_it_is_used() -> None:
    assert set(TimestepSampler("loss_aware", 4).state_dict()) == {"losses", "counts"}
    assert not TimestepSampler("uniform", 4).state_dict()


def test_losses_of_zero_leave_every_timestep_alike() -> None:
    sampler = TimestepSampler("loss_aware", 3)
    for t in range(3):
        sampler.update(torch.full((20,), t), torch.zeros(20))
    assert sampler.probabilities().tolist() == pytest.approx([1 / 3] * 3)
