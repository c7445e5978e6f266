"""How the training step draws its diffusion timestep s."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diffurec.config import SamplerName

HISTORY = 10  # losses remembered per timestep
UNIFORM_SHARE = 0.001  # keeps every timestep reachable


class TimestepSampler(nn.Module):
    """Draws s and the weight that keeps the loss unbiased.

    `uniform` is the paper's training phase. `loss_aware` draws s in proportion to the root mean square
    of the last ten losses seen at it (improved DDPM, §3.3), uniformly until every timestep has ten.
    The authors' code selects the latter and never updates it, which is `uniform`.
    """

    losses: Tensor
    counts: Tensor

    def __init__(self, name: SamplerName, steps: int) -> None:
        super().__init__()
        self.remembers = name == "loss_aware"
        self.register_buffer("losses", torch.zeros(steps, HISTORY), persistent=self.remembers)
        self.register_buffer("counts", torch.zeros(steps, dtype=torch.int64), persistent=self.remembers)

    def probabilities(self) -> Tensor:
        """Of each timestep, (T,)."""
        uniform = torch.full_like(self.losses[:, 0], 1 / len(self.counts))
        if not self.remembers or bool((self.counts < HISTORY).any()):
            return uniform
        rms = self.losses.square().mean(-1).sqrt()
        if float(rms.sum()) == 0:  # nothing is left to learn, as with a single item
            return uniform
        return (1 - UNIFORM_SHARE) * rms / rms.sum() + UNIFORM_SHARE * uniform

    def sample(self, batch_size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Timesteps, int64 (B,), and the weight 1 / (T p_s) of each one's loss, (B,)."""
        steps = len(self.counts)
        if not self.remembers:
            t = torch.randint(steps, (batch_size,), generator=generator, device=generator.device)
            return t, torch.ones(batch_size, device=t.device)
        probabilities = self.probabilities()
        t = torch.multinomial(probabilities, batch_size, replacement=True, generator=generator)
        return t, 1 / (steps * probabilities[t])

    @torch.no_grad()
    def update(self, t: Tensor, losses: Tensor) -> None:
        """Remember the unweighted losses (B,) seen at timesteps `t` (B,), for `loss_aware`."""
        for step in range(len(self.counts)):
            seen = losses[t == step].to(self.losses.dtype)
            self.losses[step] = torch.cat([self.losses[step], seen])[-HISTORY:]
            self.counts[step] = (self.counts[step] + len(seen)).clamp(max=HISTORY)
