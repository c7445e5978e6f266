from __future__ import annotations

import itertools
import math

import pytest
import torch

from diffurec.diffusion import BatchDraws, NoiseTable, RowDraws, q_sample, reverse
from diffurec.schedule import make_schedule

SCHEDULE = make_schedule("trunc_lin", 32)


def walk(seed: int = 0, *, approximate=None, schedule=SCHEDULE, **options):
    draws = RowDraws([seed])
    x_T = draws.normal((1, 8))
    return list(reverse(schedule, approximate or (lambda x_t, t: 0.5 * x_t), x_T, draws, **options))


def test_forward_noise_has_the_mean_and_variance_of_the_paper() -> None:
    x_0 = torch.full((200_000, 1), 3.0)
    t = torch.full((200_000,), 10)
    x_t = q_sample(SCHEDULE, x_0, t, torch.randn(200_000, 1, generator=torch.Generator().manual_seed(1)))
    bar = SCHEDULE.alphas_cumprod[10]
    assert x_t.mean().item() == pytest.approx(3 * math.sqrt(bar), abs=0.01)
    assert x_t.var().item() == pytest.approx(1 - bar, rel=0.02)


def test_each_row_is_noised_at_its_own_timestep() -> None:
    x_0, noise = torch.ones(2, 4), torch.zeros(2, 4)
    x_t = q_sample(SCHEDULE, x_0, torch.tensor([0, 31]), noise)
    assert x_t[:, 0].tolist() == pytest.approx([math.sqrt(SCHEDULE.alphas_cumprod[i]) for i in (0, 31)])


def test_a_walk_visits_every_timestep_downwards_and_hangs_together() -> None:
    steps = walk()
    assert [step.t for step in steps] == list(range(31, -1, -1))
    assert [step.index for step in steps] == list(range(32))
    for before, after in itertools.pairwise(steps):
        assert torch.equal(before.x_prev, after.x_t)


def test_the_walk_ends_in_the_last_reconstruction() -> None:
    last = walk()[-1]
    assert torch.equal(last.x_prev, last.x_0_hat)


def test_a_perfect_approximator_is_walked_to() -> None:
    truth = torch.linspace(-1, 1, 8).unsqueeze(0)
    for variance in ("fixed_large", "posterior"):
        for steps in (1, 2, 7, 32):
            done = walk(approximate=lambda x_t, t: truth, schedule=SCHEDULE.respace(steps), variance=variance)
            assert len(done) == steps
            assert torch.equal(done[-1].x_prev, truth)


def test_a_scaled_chain_walks_around_the_scaled_x_0_and_ends_in_x_0_itself() -> None:
    scaled = walk(3, approximate=lambda x_t, t: 2.0 + 0.5 * x_t, x0_scale=0.25)
    plain = walk(3, approximate=lambda x_t, t: 0.25 * (2.0 + 0.5 * x_t))
    for one, other in zip(scaled[:-1], plain[:-1], strict=True):
        torch.testing.assert_close(one.x_prev, other.x_prev)
    torch.testing.assert_close(scaled[-1].x_prev, plain[-1].x_prev / 0.25)


@pytest.mark.parametrize("variance", ["fixed_large", "posterior"])
def test_the_noise_of_a_step_has_the_variance_asked_for(variance) -> None:
    rows = 50_000
    draws = BatchDraws(torch.Generator().manual_seed(3))
    step = next(
        reverse(
            SCHEDULE, lambda x_t, t: torch.zeros_like(x_t), torch.zeros(rows, 1), draws, variance=variance
        )
    )
    expected = SCHEDULE.betas[31] if variance == "fixed_large" else SCHEDULE.posterior_variance[31]
    assert step.x_prev.var().item() == pytest.approx(expected, rel=0.03)


def test_a_seed_names_a_walk_exactly() -> None:
    assert all(torch.equal(a.x_prev, b.x_prev) for a, b in zip(walk(7), walk(7), strict=True))
    assert not torch.equal(walk(7)[0].x_t, walk(8)[0].x_t)


def test_a_row_walks_alike_alone_and_in_company() -> None:
    draws = RowDraws([5, 7, 9])
    together = list(reverse(SCHEDULE, lambda x_t, t: 0.5 * x_t, draws.normal((3, 8)), draws))
    for ours, alone in zip(together, walk(7), strict=True):
        assert torch.equal(ours.x_prev[1:2], alone.x_prev)


def test_a_fork_shares_the_past_and_draws_a_new_future() -> None:
    steps = walk(7)
    forked = walk_from(steps[20].x_t, 20, seed=99)
    assert torch.equal(forked[0].x_t, steps[20].x_t)
    assert [step.t for step in forked] == [step.t for step in steps[20:]]
    assert not torch.equal(forked[-1].x_t, steps[-1].x_t)


def walk_from(x_t, start: int, seed: int):
    return list(reverse(SCHEDULE, lambda x, t: 0.5 * x, x_t, RowDraws([seed]), start=start))


def test_walking_does_not_leak_no_grad_into_the_consumer() -> None:
    draws = RowDraws([0])
    iterator = reverse(SCHEDULE, lambda x_t, t: x_t, draws.normal((1, 2)), draws)
    next(iterator)
    assert torch.is_grad_enabled()


def test_as_many_seeds_as_rows() -> None:
    with pytest.raises(ValueError, match="2 rows asked of 1"):
        RowDraws([0]).normal((2, 3))


def test_noise_from_a_table_depends_on_nothing_but_seed_key_and_call() -> None:
    table = NoiseTable(3, 8, max_len=6)
    keys = torch.arange(40)
    whole = table.of(keys)
    x, lam = whole.normal((40, 8)), whole.normal((40, 6, 8))
    part = NoiseTable(3, 8, max_len=6).of(keys[[7, 2]])
    assert torch.equal(part.normal((2, 8)), x[[7, 2]])
    assert torch.equal(part.normal((2, 4, 8)), lam[[7, 2], -4:]), "the width to which a batch is padded"
    assert not torch.equal(NoiseTable(4, 8, max_len=6).of(keys).normal((40, 8)), x)
    assert not torch.equal(whole.normal((40, 8)), x), "every call is another draw"


def test_noise_from_a_table_is_normal_and_its_places_are_spread() -> None:
    table = NoiseTable(0, 16, max_len=4)
    draws = table.of(torch.arange(20_000))
    first = draws.normal((20_000, 16))
    assert abs(float(first.mean())) < 0.01
    assert abs(float(first.std()) - 1) < 0.01
    assert len(first[:, 0].unique()) > 16_000, "of 65,536 vectors, 20,000 draws find about 17,000"


def test_noise_from_a_table_refuses_other_shapes() -> None:
    with pytest.raises(ValueError, match="keys"):
        NoiseTable(0, 8, max_len=4).of(torch.arange(3)).normal((2, 8))
