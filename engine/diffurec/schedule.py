"""Noise schedules: the betas and everything that follows from them, in float64.

Notation of DDPM (Ho et al. 2020), which the paper follows: q(x_t | x_{t-1}) adds noise of variance
β_t, α_t = 1 - β_t, and ᾱ_t = α_0 ⋯ α_t, so that x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε. Timesteps run 0 … T-1.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from diffurec.errors import UserError

ScheduleName = Literal["linear", "cosine", "sqrt", "trunc_cos", "trunc_lin", "pw_lin"]
SCHEDULES: tuple[ScheduleName, ...] = get_args(ScheduleName)
FloatArray = npt.NDArray[np.float64]

MAX_BETA = 0.999
PIECEWISE_HEAD = 10  # timesteps of falling noise before pw_lin rises


def betas(name: ScheduleName, steps: int) -> FloatArray:
    """β_0 … β_{T-1} of a named schedule, float64 (T,).

    `linear` and `cosine` are those of DDPM and improved DDPM; `sqrt` is Diffusion-LM's; `trunc_cos`,
    `trunc_lin` (the paper's choice) and `pw_lin` start with more noise, for discrete data. The linear
    ones are stated for 1000 steps and scaled by 1000/T.

    Raises:
        UserError: the schedule has no valid betas (0 < β < 1) at this number of steps.
    """
    scale = 1000 / steps
    match name:
        case "linear":
            values = np.linspace(scale * 1e-4, scale * 0.02, steps)
        case "trunc_lin":
            end = scale * 0.02 + 0.01
            values = np.linspace(scale * 1e-4 + 0.01, end if end <= 1 else scale * 1e-3 + 0.01, steps)
        case "pw_lin":
            if steps <= PIECEWISE_HEAD:
                raise UserError(f"diffusion.schedule=pw_lin needs diffusion.steps above {PIECEWISE_HEAD}")
            head = np.linspace(scale * 1e-4 + 0.01, scale * 1e-4, PIECEWISE_HEAD)
            values = np.concatenate([head, np.linspace(scale * 1e-4, scale * 0.02, steps - PIECEWISE_HEAD)])
        case "cosine":
            values = _from_alpha_bar(lambda u: math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2, steps)
        case "sqrt":
            values = _from_alpha_bar(lambda u: 1 - math.sqrt(u + 1e-4), steps)
        case "trunc_cos":
            # Shifted by one: the first beta is the noise that ᾱ(0) already holds.
            curve = _truncated_cosine
            shifted = _from_alpha_bar(curve, steps)[:-1]
            values = np.concatenate([[min(1 - curve(0.0), MAX_BETA)], shifted])
    if not (np.all(values > 0) and np.all(values < 1)):
        raise UserError(
            f"diffusion.schedule={name} has no valid betas at diffusion.steps={steps}; take more steps"
        )
    return values


def _truncated_cosine(u: float) -> float:
    return math.cos((u + 0.1) / 1.1 * math.pi / 2) ** 2


def _from_alpha_bar(alpha_bar: Callable[[float], float], steps: int) -> FloatArray:
    """The betas whose cumulative product follows the curve ᾱ(u), u in [0, 1]."""
    curve = [alpha_bar(i / steps) for i in range(steps + 1)]
    return np.array([min(1 - after / before, MAX_BETA) for before, after in itertools.pairwise(curve)])


@dataclass(frozen=True)
class Schedule:
    """The coefficients of a walk over `timesteps`; each array is float64 (S,), S = len(timesteps).

    For the full walk S = T. For a strided one the betas are those of the coarser chain whose
    ᾱ at the kept timesteps is the original one (improved DDPM, §4).
    """

    timesteps: npt.NDArray[np.int64]
    betas: FloatArray
    alphas_cumprod: FloatArray
    alphas_cumprod_prev: FloatArray

    @property
    def posterior_mean_coef1(self) -> FloatArray:
        """Weight of x_0 in μ̃(x_0, x_t): √ᾱ_{t-1} β_t / (1-ᾱ_t). DDPM eq. 7."""
        return self.betas * np.sqrt(self.alphas_cumprod_prev) / (1 - self.alphas_cumprod)

    @property
    def posterior_mean_coef2(self) -> FloatArray:
        """Weight of x_t in μ̃(x_0, x_t): √α_t (1-ᾱ_{t-1}) / (1-ᾱ_t). DDPM eq. 7."""
        return (1 - self.alphas_cumprod_prev) * np.sqrt(1 - self.betas) / (1 - self.alphas_cumprod)

    @property
    def posterior_variance(self) -> FloatArray:
        """β̃_t = β_t (1-ᾱ_{t-1}) / (1-ᾱ_t); zero at the walk's last step. DDPM eq. 7."""
        return self.betas * (1 - self.alphas_cumprod_prev) / (1 - self.alphas_cumprod)

    def __len__(self) -> int:
        return len(self.timesteps)

    def respace(self, steps: int) -> Schedule:
        """The chain over `steps` of these timesteps, evenly spread, both ends included.

        One step alone is the last timestep T-1: from pure noise to x̂_0 at once.

        Raises:
            UserError: `steps` is not in 1 … S.
        """
        if not 1 <= steps <= len(self):
            raise UserError(f"--steps {steps}: this run walks 1 to {len(self)} steps")
        if steps == len(self):
            return self
        last = len(self) - 1
        spread = np.linspace(0, last, steps).round().astype(np.int64)
        kept = spread if steps > 1 else np.array([last], dtype=np.int64)
        return _chain(self.timesteps[kept], self.alphas_cumprod[kept])


def make_schedule(name: ScheduleName, steps: int) -> Schedule:
    """The full chain of a named schedule with T = `steps` timesteps."""
    beta = betas(name, steps)
    alphas_cumprod: FloatArray = np.cumprod(1 - beta, dtype=np.float64)
    return Schedule(np.arange(steps, dtype=np.int64), beta, alphas_cumprod, _shift(alphas_cumprod))


def _chain(timesteps: npt.NDArray[np.int64], alphas_cumprod: FloatArray) -> Schedule:
    previous = _shift(alphas_cumprod)
    return Schedule(timesteps, 1 - alphas_cumprod / previous, alphas_cumprod, previous)


def _shift(alphas_cumprod: FloatArray) -> FloatArray:
    return np.concatenate([np.ones(1), alphas_cumprod[:-1]])
