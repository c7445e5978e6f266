from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.errors import UserError
from diffurec.schedule import SCHEDULES, betas, make_schedule

names = st.sampled_from(SCHEDULES)
lengths = st.integers(25, 300)


@pytest.mark.parametrize("name", SCHEDULES)
def test_betas_equal_the_authors(name: str, shared) -> None:
    recorded = np.load(shared / "oracle" / "official_betas.npz")
    compared = [key for key in recorded.files if key.startswith(f"{name}.")]
    assert len(compared) == 5
    for key in compared:
        steps = int(key.rpartition(".")[2])
        np.testing.assert_allclose(betas(name, steps), recorded[key], rtol=0, atol=1e-12)


def test_linear_is_ddpms_at_a_thousand_steps() -> None:
    beta = betas("linear", 1000)
    assert beta[0] == pytest.approx(1e-4)
    assert beta[-1] == pytest.approx(0.02)


@given(names, lengths)
def test_noise_grows_along_the_chain(name: str, steps: int) -> None:
    schedule = make_schedule(name, steps)
    assert np.all(np.diff(schedule.alphas_cumprod) < 0)
    assert np.all((schedule.betas > 0) & (schedule.betas < 1))


@given(names, lengths)
def test_the_posterior_ends_at_x_0(name: str, steps: int) -> None:
    schedule = make_schedule(name, steps)
    assert schedule.posterior_mean_coef1[0] == pytest.approx(1)
    assert schedule.posterior_mean_coef2[0] == 0
    assert schedule.posterior_variance[0] == 0


@given(names, lengths)
def test_the_posterior_is_bayes_rule(name: str, steps: int) -> None:
    """q(x_{t-1}|x_t, x_0) ∝ q(x_t|x_{t-1}) q(x_{t-1}|x_0): precisions add, means weigh by them."""
    s = make_schedule(name, steps)
    likelihood = (1 - s.betas[1:]) / s.betas[1:]
    prior = 1 / (1 - s.alphas_cumprod_prev[1:])
    variance = 1 / (likelihood + prior)
    np.testing.assert_allclose(s.posterior_variance[1:], variance, rtol=1e-6)
    np.testing.assert_allclose(
        s.posterior_mean_coef1[1:], variance * prior * np.sqrt(s.alphas_cumprod_prev[1:]), rtol=1e-6
    )
    np.testing.assert_allclose(
        s.posterior_mean_coef2[1:], variance * np.sqrt(1 - s.betas[1:]) / s.betas[1:], rtol=1e-6
    )


@given(names, lengths, st.data())
def test_a_strided_chain_keeps_the_signal_of_its_timesteps(name: str, steps: int, data) -> None:
    full = make_schedule(name, steps)
    kept = data.draw(st.integers(1, steps))
    strided = full.respace(kept)
    assert len(strided) == kept
    assert strided.timesteps[-1] == steps - 1
    if kept > 1:
        assert strided.timesteps[0] == 0
    np.testing.assert_array_equal(strided.alphas_cumprod, full.alphas_cumprod[strided.timesteps])
    np.testing.assert_allclose(np.cumprod(1 - strided.betas), strided.alphas_cumprod, rtol=1e-9, atol=1e-12)
    assert strided.posterior_mean_coef1[0] == pytest.approx(1)


def test_respacing_to_the_full_length_changes_nothing() -> None:
    schedule = make_schedule("trunc_lin", 32)
    np.testing.assert_array_equal(schedule.respace(32).betas, schedule.betas)


@pytest.mark.parametrize("steps", [0, 33])
def test_a_walk_longer_than_the_chain_is_refused(steps: int) -> None:
    with pytest.raises(UserError, match="1 to 32 steps"):
        make_schedule("trunc_lin", 32).respace(steps)


@pytest.mark.parametrize(("name", "steps"), [("linear", 10), ("pw_lin", 10), ("linear", 20)])
def test_schedules_without_valid_betas_are_refused(name: str, steps: int) -> None:
    with pytest.raises(UserError, match="steps"):
        betas(name, steps)
