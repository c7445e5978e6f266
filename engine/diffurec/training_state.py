"""Where a training stands, and how that becomes tensors and JSON in `last.safetensors`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from diffurec.checkpoint import Checkpoint
from diffurec.data.dataset import Split
from diffurec.metrics_log import LogSplit

MOMENTS = ("exp_avg", "exp_avg_sq")  # what Adam remembers of each parameter, beside its step


class Interrupted(Exception):  # noqa: N818 - a request honoured, not an error
    """Training stopped on request; everything is saved."""


@dataclass
class Best:
    """The best validation so far."""

    epoch: int = 0
    value: float = -math.inf
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    since: int = 0
    """Validations since then."""


@dataclass
class Position:
    """Where a training stands. Everything here is saved with a checkpoint."""

    epoch: int = 1
    """Epoch under way, from 1."""
    batch: int = 0
    """Batches of it that are done."""
    step: int = 0
    """Optimiser steps in all."""
    loss_sum: float = 0.0
    """Sum of example losses since the last log line …"""
    loss_count: int = 0
    """… and their number."""
    best: Best = field(default_factory=Best)


class Observer(Protocol):
    """What a training tells while it goes on."""

    def started(self, position: Position, steps_per_epoch: int, examples: int) -> None: ...

    def stepped(self, position: Position, batch_loss: Callable[[], float], examples: int) -> None: ...

    def logged(
        self, position: Position, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]
    ) -> None: ...

    def evaluating(self, split: Split, done: int, total: int) -> None: ...

    def saved(self, position: Position, *, best: bool) -> None: ...


def pack_position(position: Position) -> dict[str, Any]:
    """As JSON values; floats survive the round trip exactly."""
    return asdict(position)


def unpack_position(packed: Mapping[str, Any]) -> Position:
    """Undo `pack_position`.

    Raises:
        KeyError, TypeError, ValueError: these are not the values of a position.
    """
    fields: dict[str, Any] = dict(packed)
    best: dict[str, Any] = dict(packed["best"])
    if best["value"] is None:  # JSON has no -inf
        best["value"] = -math.inf
    fields["best"] = Best(**best)
    position = Position(**fields)
    counts = (position.epoch, position.batch, position.step, position.loss_count, position.best.since)
    if type(position.best.value) not in (int, float) or type(position.loss_sum) not in (int, float):
        raise ValueError("its figures are no numbers")
    if not all(type(count) is int and count >= 0 for count in counts) or position.epoch < 1:
        raise ValueError("its place in the training makes no sense")
    return position


def pack_state(optimizer: torch.optim.Optimizer, generator: torch.Generator) -> dict[str, Tensor]:
    """The optimiser's moments and the states of every random generator in use."""
    state: dict[str, Tensor] = {"generator": generator.get_state(), "torch_rng": torch.get_rng_state()}
    if generator.device.type == "cuda":
        state["cuda_rng"] = torch.cuda.get_rng_state(generator.device)
    for number, moments in optimizer.state_dict()["state"].items():
        for name, tensor in moments.items():
            state[f"optimizer/{number}/{name}"] = tensor
    return state


def unpack_state(saved: Checkpoint, optimizer: torch.optim.Optimizer, generator: torch.Generator) -> None:
    """Undo `pack_state`.

    Raises:
        KeyError, ValueError, RuntimeError: a state is missing or of another shape.
    """
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in saved.training.items():
        if name.startswith("optimizer/"):
            _, number, kind = name.split("/")
            moments.setdefault(int(number), {})[kind] = tensor
    groups = optimizer.state_dict()["param_groups"]
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, parameter in enumerate(parameters):
        if not moments:
            continue
        own = moments[number]
        if own["step"].numel() != 1 or any(own[kind].shape != parameter.shape for kind in MOMENTS):
            raise ValueError(f"the moments of parameter {number} have another shape")
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    generator.set_state(saved.training["generator"])
    torch.set_rng_state(saved.training["torch_rng"])
    if generator.device.type == "cuda" and "cuda_rng" in saved.training:
        torch.cuda.set_rng_state(saved.training["cuda_rng"], generator.device)
