"""DiffuRec: item table, Approximator and diffusion, put together as in the paper.

Training (the paper's diffusion phase), for a history and its next item:
    x_0 = e(target)
    s ~ sampler, ε ~ N(0, I),  x_s = √ᾱ_s c x_0 + √(1-ᾱ_s) ε      (c = 1 in the paper)
    λ ~ N(λ0, λ0²),            x̂_0 = f_θ(history, x_s, s, λ)
    loss = CE(x̂_0 · Eᵀ, target)                                   (or of cosines)

Inference (its reverse phase): x_T ~ N(0, I), the reverse walk, then rounding of x_0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diffurec.approximator import LAYER_NORM_EPS, Approximator
from diffurec.config import Config, Rounding
from diffurec.data.batches import Batch
from diffurec.device import autocast
from diffurec.diffusion import Approximate, BatchDraws, Draws, Step, q_sample, reverse
from diffurec.dropout import Dropout, dropping
from diffurec.recommender import Recommender
from diffurec.schedule import make_schedule
from diffurec.softmax_loss import TableGradient, cross_entropy, look_up, sampled_cross_entropy
from diffurec.timesteps import TimestepSampler
from diffurec.walk_options import WalkOptions

DENSE_ITEMS = 100_000
"""Items from which on memory comes first: the table has one gradient for all uses, blocks are recomputed."""
REPEAT_UNIT = 10.0
"""The bias of repeats is its parameter times this, so that a step of Adam moves it far enough."""


@dataclass(frozen=True)
class Conditioning:
    """A batch of histories as the Approximator reads them."""

    e: Tensor  # (B, L, D)
    real: Tensor | None  # (B, L), False at padding; None where there is none

    def expand(self, rows: int) -> Conditioning:
        """One history repeated for `rows` walks, without copying."""
        real = None if self.real is None else self.real.expand(rows, -1)
        return replace(self, e=self.e.expand(rows, -1, -1), real=real)


class DiffuRec(Recommender):
    """The paper's model; every size and every deviation comes from `config`."""

    proposal: Tensor
    """Q, from which a sampled softmax draws items, (V+1,)."""

    def __init__(self, num_items: int, config: Config) -> None:
        super().__init__()
        model, diffusion = config.model, config.diffusion
        self.num_items = num_items
        self.noise_size = model.hidden_size
        self.config = config
        self.needs_full_width = model.attention_mask == "queries"
        self.schedule = make_schedule(diffusion.schedule, diffusion.steps)
        self.timestep_scale = 1000 / diffusion.steps if diffusion.rescale_timesteps else 1.0
        self.item_embeddings = nn.Embedding(num_items + 1, model.hidden_size)
        nn.init.normal_(self.item_embeddings.weight, std=model.embedding_std)
        self.positions = (
            nn.Embedding(config.data.max_len, model.hidden_size) if model.position == "learned" else None
        )
        if self.positions is not None:
            nn.init.normal_(self.positions.weight, std=0.02)
        self.repeats = nn.Parameter(torch.zeros(())) if model.repeat_bias else None
        self.history_dropout = Dropout(model.embedding_dropout)
        self.history_norm = nn.LayerNorm(model.hidden_size, eps=LAYER_NORM_EPS)
        self.approximator = Approximator(
            model.hidden_size, model.num_blocks, model.num_heads, model.dropout, model.attention_mask
        )
        uniform = torch.full((num_items + 1,), 1 / num_items)
        uniform[0] = 0
        self.register_buffer("proposal", uniform, persistent=False)
        self.approximator.recompute = num_items > DENSE_ITEMS  # next to the scores that costs little
        self.timestep_sampler = TimestepSampler(diffusion.timestep_sampler, diffusion.steps)

    @property
    def device(self) -> torch.device:
        return self.item_embeddings.weight.device

    def condition(self, histories: Tensor, rows: Tensor | None = None) -> Conditioning:
        """Embed histories (B, L): table rows (B, L, D), dropout, order (if configured), LayerNorm."""
        real = histories > 0
        e = self.history_dropout(self.item_embeddings(histories) if rows is None else rows)  # (B, L, D)
        if self.positions is not None:
            back = torch.arange(histories.shape[1] - 1, -1, -1, device=histories.device)
            e = e + self.positions(back)
        return Conditioning(self.history_norm(e), None if bool(real.all()) else real)

    def draw_lambda(self, draws: Draws, e: Tensor, scale: float = 1.0) -> Tensor:
        """λ ~ N(λ0, (r λ0)²), anew for each position and channel, times `scale`: (B, L, D), or (1, 1, 1)."""
        mean, spread = self.config.model.lambda_mean * scale, self.config.model.lambda_spread
        if spread == 0:
            return e.new_full((1, 1, 1), mean)
        drawn = draws.normal(e.shape)
        return mean * (1 + (drawn if spread == 1 else spread * drawn))

    def noised(self, items: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t (B, D) of the items with these ids (B,) at timesteps `t` (B,), as training makes it."""
        return q_sample(self.schedule, self._scaled(self.item_embeddings(items)), t, noise)

    def denoise(self, history: Conditioning, x_t: Tensor, t: Tensor, lam: Tensor) -> Tensor:
        """x̂_0 (B, D) from x_t (B, D) at timesteps `t`, (B,) or (1,)."""
        return self.approximator(history.e, history.real, x_t, t * self.timestep_scale, lam)

    def attention_of_last(self, history: Conditioning, x_t: Tensor, t: Tensor, lam: Tensor) -> Tensor:
        """Where the last position looks in the last block, (B, H, L); arguments as in `denoise`."""
        return self.approximator.attention_of_last(history.e, history.real, x_t, t * self.timestep_scale, lam)

    def loss(self, batch: Batch, generator: torch.Generator) -> Tensor:
        share = batch.share
        draws = BatchDraws(generator, share)
        # One look into the table, for its gradient is as large as the table.
        ids = torch.cat([batch.histories, batch.targets.unsqueeze(1)], dim=1)  # (B, L+1)
        large = TableGradient() if self.num_items > DENSE_ITEMS else None
        looked_up = look_up(self.item_embeddings.weight, ids, large) if large else self.item_embeddings(ids)
        rows, x_0 = looked_up[:, :-1], looked_up[:, -1]  # (B, L, D), (B, D)
        every_t, weights = self.timestep_sampler.sample(share.total, generator)
        t = share.of(every_t)
        x_t = q_sample(self.schedule, self._scaled(x_0), t, draws.normal(x_0.shape))
        with dropping(share):
            history = self.condition(batch.histories, rows)
            x_0_hat = self.denoise(history, x_t, t, self.draw_lambda(draws, history.e))
        losses = self.item_loss(x_0_hat, batch.targets, generator, large)  # (B,)
        if self.repeats is not None:
            losses = self._with_repeats(losses, x_0_hat, batch, looked_up)
        if self.timestep_sampler.remembers:
            self.timestep_sampler.update(every_t, share.whole(losses))
        return share.mean(losses * share.of(weights))

    def item_loss(
        self,
        x_0_hat: Tensor,
        targets: Tensor,
        generator: torch.Generator,
        gradient: TableGradient | None = None,
    ) -> Tensor:
        """Softmax cross-entropy of the scores of all items, or of drawn ones, an example each, (B,)."""
        number = self.config.train.negatives
        if not number:
            return self.cross_entropy(x_0_hat, targets, gradient)
        negatives = torch.multinomial(self.proposal, number, replacement=True, generator=generator)
        log_expected = (number * self.proposal).log()
        return sampled_cross_entropy(
            self._query(x_0_hat),
            self.item_embeddings.weight,
            targets,
            negatives,
            log_expected,
            cosine=self.rounds_by_cosine,
        )

    def cross_entropy(
        self, x_0_hat: Tensor, targets: Tensor, gradient: TableGradient | None = None
    ) -> Tensor:
        """The exact one."""
        table = self.item_embeddings.weight
        if self.rounds_by_cosine:
            # Directions have a gradient of their own, which autograd takes back to the table.
            x_0_hat, table, gradient = self._query(x_0_hat), F.normalize(table, dim=-1), None
        padding = self.config.model.score_padding
        return cross_entropy(x_0_hat, table, targets, score_padding=padding, gradient=gradient)

    def _with_repeats(self, losses: Tensor, x_0_hat: Tensor, batch: Batch, looked_up: Tensor) -> Tensor:
        """The losses (B,) as they are with the bias b on the scores s_i of the history's items H.

        log Σ exp changes by log(1 + (e^b - 1) Σ_{i in H} softmax(s)_i): a few scores instead of all.

        Args:
            losses: cross-entropies without the bias.
            x_0_hat: (B, D).
            batch: histories and targets.
            looked_up: their rows of the table, (B, L+1, D), the target's last.
        """
        with torch.autocast(x_0_hat.device.type, enabled=False):
            keys = F.normalize(looked_up, dim=-1) if self.rounds_by_cosine else looked_up
            scores = torch.bmm(keys.float(), self._query(x_0_hat.float()).unsqueeze(2)).squeeze(2)  # (B, L+1)
            seen, own = scores[:, :-1], scores[:, -1:]
            share = (seen - losses.unsqueeze(1) - own).exp()  # softmax, (B, L)
            share = share.masked_fill(~first_mentions(batch.histories), 0.0).sum(1)
            bias = self.repeat_bias
            change = torch.log1p((torch.expm1(bias) * share).clamp(min=-1 + 1e-6))
            repeated = (batch.histories == batch.targets.unsqueeze(1)).any(1)
            return losses + change - bias * repeated

    @property
    def repeat_bias(self) -> Tensor:
        """b, what the scores of the history's items have added; a scalar."""
        return torch.zeros(()) if self.repeats is None else REPEAT_UNIT * self.repeats

    @property
    def rounds_by_cosine(self) -> bool:
        return self.config.model.rounding == "cosine"

    def _query(self, x_0: Tensor) -> Tensor:
        """What has the scores of x_0 as inner products: with items, or with their directions."""
        if not self.rounds_by_cosine:
            return x_0
        return F.normalize(x_0, dim=-1) / self.config.model.cosine_temperature

    def _scaled(self, x_0: Tensor) -> Tensor:
        """c x_0, around which the chain's states lie."""
        return self._as_rounded(x_0) * self.config.diffusion.x0_scale

    def _as_rounded(self, x_0: Tensor) -> Tensor:
        """x_0 as rounding sees it: where only the direction counts, at length √D, that of unit noise."""
        return F.normalize(x_0, dim=-1) * self.noise_size**0.5 if self.rounds_by_cosine else x_0

    def know_counts(self, counts: Tensor) -> None:
        self.proposal = ((counts + 1) / (counts[1:] + 1).sum()).float().to(self.device)
        self.proposal[0] = 0

    def walk(
        self,
        history: Conditioning,
        draws: Draws,
        options: WalkOptions = WalkOptions(),
        *,
        x_T: Tensor | None = None,
        start: int = 0,
        exact_end: bool = False,
    ) -> Iterator[Step]:
        """The reverse walk for a batch of histories, step by step.

        Args:
            history: what to condition on, B rows.
            draws: every random number of the walk: x_T, then at each step λ and ε'.
            options: dials.
            x_T: where to start, (B, D); None draws it.
            start: number of steps behind `x_T` already (to fork a walk at step `start`).
            exact_end: take the last step in float32, though the others are under autocast.
        """
        config = self.config.diffusion
        schedule = self.schedule if options.steps is None else self.schedule.respace(options.steps)
        if x_T is None:
            x_T = draws.normal((history.e.shape[0], history.e.shape[2]))
        return reverse(
            schedule,
            self._approximate(history, draws, options.lambda_scale, exact_end=exact_end),
            x_T,
            draws,
            variance=options.variance or config.variance,
            x0_scale=config.x0_scale,
            start=start,
        )

    def _approximate(
        self, history: Conditioning, draws: Draws, lambda_scale: float, *, exact_end: bool
    ) -> Approximate:
        def approximate(x_t: Tensor, t: int) -> Tensor:
            lam = self.draw_lambda(draws, history.e, lambda_scale)
            time = torch.tensor([t], device=x_t.device)
            if exact_end and t == 0:
                with torch.autocast(x_t.device.type, enabled=False):
                    return self._as_rounded(self.denoise(history, x_t, time, lam))
            return self._as_rounded(self.denoise(history, x_t, time, lam))

        return approximate

    def round(self, x_0: Tensor, rounding: Rounding | None = None, histories: Tensor | None = None) -> Tensor:
        """Scores (B, V+1) of all ids for x_0 (B, D).

        Args:
            x_0: what to round.
            rounding: inner product, negative squared distance, or cosine; None is the model's own.
            histories: ids that are seen (B, L), whose scores are shifted where the model has learned to.
        """
        scores = self._scores(x_0, rounding)
        if self.repeats is None or histories is None:
            return scores
        return scores.scatter(1, histories, scores.gather(1, histories) + self.repeat_bias)

    def _scores(self, x_0: Tensor, rounding: Rounding | None) -> Tensor:
        table = self.item_embeddings.weight
        rounding = rounding or self.config.model.rounding
        if rounding == "cosine":
            query = F.normalize(x_0, dim=-1) / self.config.model.cosine_temperature
            return query @ F.normalize(table, dim=-1).T
        products = x_0 @ table.T
        if rounding == "inner_product":
            return products
        return 2 * products - table.square().sum(-1) - x_0.square().sum(-1, keepdim=True)

    @torch.no_grad()
    def scores(self, histories: Tensor, draws: Draws, steps: int | None = None) -> Tensor:
        with autocast(self.device, self.config.train.precision):
            history = self.condition(histories)
            x_0 = self.walk_to_end(history, draws, WalkOptions(steps=steps), exact_end=True)
        return self.round(x_0, histories=histories)

    def walk_to_end(
        self, history: Conditioning, draws: Draws, options: WalkOptions, *, exact_end: bool = False
    ) -> Tensor:
        """The x_0 (B, D) that a walk ends in; its last step in float32 on request, whatever autocast says."""
        x_0: Tensor | None = None
        for step in self.walk(history, draws, options, exact_end=exact_end):
            x_0 = step.x_prev
        assert x_0 is not None  # a schedule has at least one step
        return x_0


def first_mentions(histories: Tensor) -> Tensor:
    """Where an item of a history is named for the first time, and no padding, (B, L)."""
    same = histories.unsqueeze(2) == histories.unsqueeze(1)  # (B, L, L)
    again = same.tril(-1).any(2)
    return ~again & (histories > 0)
