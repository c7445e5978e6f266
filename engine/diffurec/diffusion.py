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
import torch.nn.functional as F
from torch import Tensor

from diffurec.config import Variance
from diffurec.parallel import Share
from diffurec.schedule import Schedule


class Draws(Protocol):
    """A source of standard normal noise."""

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Fresh ε ~ N(0, I) of `shape`, float32, on the device the source was made for."""
        ...


class BatchDraws:
    """All rows of a batch from one generator, drawn on its own device.

    With a share, its rows; the others are drawn too, so that every process's generator stays the same.
    """

    def __init__(self, generator: torch.Generator, share: Share | None = None) -> None:
        self.generator = generator
        self.share = share

    def normal(self, shape: Sequence[int]) -> Tensor:
        rows, *rest = shape
        total = self.share.total if self.share else rows
        drawn = torch.randn((total, *rest), generator=self.generator, device=self.generator.device)
        return self.share.of(drawn) if self.share else drawn


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


class NoiseTable:
    """Normal vectors drawn once, from which many walks read: cheap, and the same in any company.

    A row reads neighbouring vectors whose place follows from its key and the number of the call alone, so
    the noise of a user depends neither on the batch nor on the width to which the batch is padded (what is
    read ends where the history ends). Two rows may share vectors, mostly at other steps or positions; for
    means over users that does not matter (the trick of Salimans et al. 2017, "Evolution Strategies as a
    Scalable Alternative to Reinforcement Learning", section 2.1).
    """

    VECTORS = 1 << 16

    def __init__(self, seed: int, size: int, max_len: int, device: torch.device | str = "cpu") -> None:
        """Draw the table, on the CPU, so that it is the same for every device.

        Args:
            seed: names it.
            size: D.
            max_len: most vectors that a row reads at once.
            device: where it is read.
        """
        self.seed = seed
        self.max_len = max_len
        generator = torch.Generator().manual_seed(seed)
        self.vectors = torch.randn(self.VECTORS + max_len, size, generator=generator).to(device)

    def of(self, keys: Tensor) -> TableDraws:
        """The draws of the rows with these keys, int64 (B,)."""
        return TableDraws(self, keys)


class TableDraws:
    """Rows of a batch, each with its own places in a `NoiseTable`; draws (B, D) and (B, L, D)."""

    def __init__(self, table: NoiseTable, keys: Tensor) -> None:
        self.table = table
        self.keys = keys
        self.calls = 0

    def normal(self, shape: Sequence[int]) -> Tensor:
        vectors = self.table.vectors
        if len(shape) not in (2, 3) or shape[0] != len(self.keys) or shape[-1] != vectors.shape[1]:
            raise ValueError(f"{tuple(shape)}: not (B, D) or (B, L, D) of {len(self.keys)} keys")
        self.calls += 1
        last = _scatter(self.keys * CALLS + self.calls, self.table.seed) % self.table.VECTORS
        if len(shape) == 2:
            return F.embedding(last, vectors)  # (B, D)
        back = torch.arange(self.table.max_len - shape[1], self.table.max_len, device=last.device)
        return F.embedding(last.unsqueeze(1) + back, vectors)  # (B, L, D)


CALLS = 1 << 20  # more than a walk of 10,000 steps makes


def _scatter(numbers: Tensor, seed: int) -> Tensor:
    """Neighbouring numbers far apart: the finaliser of SplitMix64, in int64 that wraps; not negative."""
    x = numbers + (seed * 0x1E3779B97F4A7C15 & 0x7FFFFFFFFFFFFFFF)
    x = (x ^ (x >> 30 & (1 << 34) - 1)) * -0x40A7B892E31B1A47
    x = (x ^ (x >> 27 & (1 << 37) - 1)) * -0x6B2FB644ECCEEE15
    return (x ^ (x >> 31 & (1 << 33) - 1)) & 0x7FFFFFFFFFFFFFFF


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
    x0_scale: float = 1.0,
    start: int = 0,
) -> Iterator[Step]:
    """Walk from noise to an item, one `Step` at a time (the paper's inference phase).

    Args:
        schedule: the chain to walk, full or strided (`Schedule.respace`).
        approximate: f_θ with the history closed over; called once a step.
        x_T: where the walk starts, (B, D): pure noise, or the x_t of step `start` to fork there.
        draws: the noise of each step. It is asked for ε' after `approximate` at every step but the last.
        variance: σ_t² is β_t ("fixed_large", as in the authors' code) or β̃_t ("posterior", as in the paper).
        x0_scale: c, if the chain noises c x_0: its states lie around c x_0, what it ends in is x_0 itself.
        start: how many steps of the chain lie behind `x_T` already.
    """
    coef1, coef2 = schedule.posterior_mean_coef1 * x0_scale, schedule.posterior_mean_coef2
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
