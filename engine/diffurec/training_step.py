"""One step of training: a batch, its gradient, the optimiser."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from diffurec.config import TrainConfig
from diffurec.data.batches import Examples
from diffurec.device import autocast, keep_freed_memory
from diffurec.learning_rate import learning_rate
from diffurec.parallel import ALONE, World
from diffurec.recommender import Recommender
from diffurec.weight_average import WeightAverage


class TrainingStep:
    """Everything that a step changes: the model, the optimiser's moments, the generator of the noise."""

    def __init__(
        self,
        model: Recommender,
        examples: Examples,
        config: TrainConfig,
        device: torch.device,
        world: World = ALONE,
        *,
        steps_per_epoch: int,
    ) -> None:
        self.model = model
        self.examples = examples
        self.config = config
        self.device = device
        self.world = world
        self.steps_per_epoch = steps_per_epoch
        groups = parameter_groups(model, config.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, weight_decay=config.weight_decay, fused=True)
        self.average = WeightAverage(model, config.ema) if config.ema else None
        keep_freed_memory()
        if device.type == "cuda":
            torch.cuda.set_device(device)  # where NCCL sends from
        self.generator = torch.Generator(device).manual_seed(config.seed)

    @property
    def learning_rate(self) -> float:
        """Of the last step taken."""
        return self.optimizer.param_groups[0]["lr"]

    def __call__(self, index: Tensor, number: int) -> Tensor:
        """Take optimiser step `number` (from 0) on the examples at `index`.

        Returns:
            What this process's rows add to the mean loss of the batch; a process alone has all of it.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, number, self.steps_per_epoch)
        self.optimizer.zero_grad(set_to_none=True)  # before the forward pass, which needs the room
        batch = self.examples.gather(index).share_of(self.world)
        with autocast(self.device, self.config.precision):
            loss = self.model.loss(batch, self.generator)
        loss.backward()
        self.world.add_gradients(self.model.parameters())
        if self.config.grad_clip:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.grad_clip)
        self.optimizer.step()
        if self.average:
            self.average.update(number)
        return loss.detach()

    def evaluated_weights(self) -> AbstractContextManager[None]:
        """While this lasts, the model has the weights that are evaluated and kept."""
        return self.average.in_place() if self.average else nullcontext()


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """What decays and what does not; one group where nothing does."""
    parameters = list(model.parameters())
    if not weight_decay:
        return [{"params": parameters}]
    return [
        {"params": [p for p in parameters if p.ndim > 1]},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
