"""Diffusion, and no model: forward noise, the posterior, and the one reverse iterator.

Forward (DDPM eq. 4):       x_s = √ᾱ_s x_0 + √(1-ᾱ_s) ε,  ε ~ N(0, I)
Posterior (DDPM eq. 7):     μ̃_t(x_0, x_t) = coef1_t · x_0 + coef2_t · x_t
Reverse (paper, inference): x_{t-1} = μ̃_t(x̂_0, x_t) + σ_t ε',  x̂_0 = f_θ(z(x_t, t)),  σ = 0 at the last step
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from diffurec.config import Variance
from diffurec.schedule import Schedule


class Draws(Protocol):
    """A source of standard normal noise."""

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Fresh ε ~ N(0, I) of `shape`, float32, on the device the source was made for."""
        ...


class BatchDraws:
    """All rows of a batch from one generator, drawn on its own device."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def normal(self, shape: Sequence[int]) -> Tensor:
        return torch.randn(tuple(shape), generator=self.generator, device=self.generator.device)


class RowDraws:
    """Row i of a batch from a CPU generator seeded with `seeds[i]`.

    A seed names its trajectory exactly, whatever else is in the batch and on whichever device it runs.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.device = torch.device(device)

    def normal(self, shape: Sequence[int]) -> Tensor:
        rows, *rest = shape
        if rows != len(self.generators):
            raise ValueError(f"{rows} rows asked of {len(self.generators)} generators")
        drawn = torch.stack([torch.randn(rest, generator=generator) for generator in self.generators])
        return drawn.to(self.device)


@dataclass(frozen=True)
class Step:
    """One step of a reverse walk; every tensor is (B, D)."""

    index: int
    """Position in the walk: 0 is the first step, taken from pure noise."""
    t: int
    """Timestep on the scale the model was trained on, T-1 … 0."""
    x_t: Tensor
    x_0_hat: Tensor
    x_prev: Tensor
    """x_{t-1}; at the walk's last step exactly x_0_hat."""


def q_sample(schedule: Schedule, x_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """x_t given x_0 (DDPM eq. 4).

    Args:
        schedule: the full chain.
        x_0: (B, D).
        t: timesteps, int64 (B,).
        noise: ε ~ N(0, I), (B, D).
    """
    alphas_cumprod = torch.as_tensor(schedule.alphas_cumprod, device=x_0.device)[t]
    signal = alphas_cumprod.sqrt().to(x_0.dtype).unsqueeze(-1)  # (B, 1)
    spread = (1 - alphas_cumprod).sqrt().to(x_0.dtype).unsqueeze(-1)  # (B, 1)
    return signal * x_0 + spread * noise


Approximate = Callable[[Tensor, int], Tensor]
"""(x_t, t) -> x_0_hat, both (B, D); closes over the history."""


@torch.no_grad()
def reverse(
    schedule: Schedule,
    approximate: Approximate,
    x_T: Tensor,
    draws: Draws,
    *,
    variance: Variance = "fixed_large",
    start: int = 0,
) -> Iterator[Step]:
    """Walk from noise to an item, one `Step` at a time (the paper's inference phase).

    Args:
        schedule: the chain to walk, full or strided (`Schedule.respace`).
        approximate: f_θ with the history closed over; called once a step.
        x_T: where the walk starts, (B, D): pure noise, or the x_t of step `start` to fork there.
        draws: the noise of each step. It is asked for ε' after `approximate` at every step but the last.
        variance: σ_t² is β_t ("fixed_large", as in the authors' code) or β̃_t ("posterior", as in the paper).
        start: how many steps of the chain lie behind `x_T` already.
    """
    coef1, coef2 = schedule.posterior_mean_coef1, schedule.posterior_mean_coef2
    sigma = (schedule.betas if variance == "fixed_large" else schedule.posterior_variance) ** 0.5
    x_t = x_T
    for index in range(start, len(schedule)):
        position = len(schedule) - 1 - index
        t = int(schedule.timesteps[position])
        x_0_hat = approximate(x_t, t)
        if position == 0:
            x_prev = x_0_hat  # ᾱ_{-1} = 1, so coef1 = 1, coef2 = 0 and σ = 0
        else:
            mean = float(coef1[position]) * x_0_hat + float(coef2[position]) * x_t
            x_prev = mean + float(sigma[position]) * draws.normal(x_t.shape)
        yield Step(index=index, t=t, x_t=x_t, x_0_hat=x_0_hat, x_prev=x_prev)
        x_t = x_prev
