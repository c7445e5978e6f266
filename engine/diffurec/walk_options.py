"""The dials of a reverse walk; imports no torch, so that a screen can hold them."""

from __future__ import annotations

from dataclasses import dataclass

from diffurec.config import Rounding, Variance


@dataclass(frozen=True)
class WalkOptions:
    """How to walk; None takes what the model was configured with."""

    steps: int | None = None
    """Steps of a strided walk; None is the full one."""
    variance: Variance | None = None
    rounding: Rounding | None = None
    lambda_scale: float = 1.0
    """λ is drawn as in training and multiplied by this; 0 shuts x_t out."""
