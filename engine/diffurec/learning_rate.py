"""The learning rate as a function of the step, with no state to save."""

from __future__ import annotations

import math

from diffurec.config import TrainConfig


def learning_rate(config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """The rate of optimiser step `step` (from 0): warm-up, then the schedule."""
    rate = config.learning_rate
    if step < config.warmup_steps:
        return rate * (step + 1) / config.warmup_steps
    match config.lr_schedule:
        case "constant":
            return rate
        case "step":
            return rate * config.lr_gamma ** (step // steps_per_epoch // config.lr_step_epochs)
        case "cosine":
            decaying = max(1, config.epochs * steps_per_epoch - config.warmup_steps)
            return rate * 0.5 * (1 + math.cos(math.pi * (step - config.warmup_steps) / decaying))
