"""Configuration: typed, frozen, validated; a field's docstring is its documentation.

A recipe is a TOML file with the sections below; `--set section.key=value` overrides one key.
This module imports neither torch nor the model, so that a command line can check options at once.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Literal

from diffurec.errors import UserError
from diffurec.schedule import ScheduleName, make_schedule

Variance = Literal["fixed_large", "posterior"]
AttentionMask = Literal["keys", "queries"]
Position = Literal["none", "learned"]
Rounding = Literal["inner_product", "distance", "cosine"]
SamplerName = Literal["uniform", "loss_aware"]
Precision = Literal["auto", "fp32", "bf16"]
LearningRateSchedule = Literal["constant", "step", "cosine"]
Metric = Literal["HR@5", "HR@10", "HR@20", "NDCG@5", "NDCG@10", "NDCG@20", "MRR@5", "MRR@10", "MRR@20"]


@dataclass(frozen=True)
class DataConfig:
    """What of a user's sequence the model sees."""

    max_len: int = 50
    """Items of history read, the most recent ones."""


@dataclass(frozen=True)
class ModelConfig:
    """The Approximator and the item table."""

    hidden_size: int = 128
    """D, the width of item embeddings and of the Transformer."""
    num_blocks: int = 4
    """Transformer blocks."""
    num_heads: int = 4
    """Attention heads; divides hidden_size."""
    dropout: float = 0.1
    """Dropout inside the Transformer."""
    embedding_dropout: float = 0.3
    """Dropout of the history's item embeddings."""
    embedding_std: float = 1.0
    """Standard deviation of the item table at the start; 1 is the authors' choice."""
    attention_mask: AttentionMask = "keys"
    """"keys": padding is never attended to. "queries": the authors' code, where it is."""
    position: Position = "none"
    """Order information added to the history, counted back from the last item; the paper has none."""
    lambda_mean: float = 0.001
    """λ0: λ is drawn from N(λ0, λ0²), anew for each position and channel, at every pass."""
    lambda_spread: float = 1.0
    """r in λ ~ N(λ0, (r λ0)²); 1 is the authors' choice, at 0 every λ is λ0."""
    score_padding: bool = False
    """Whether the training cross-entropy ranks the padding id among the items, as the authors' does."""
    rounding: Rounding = "inner_product"
    """How x_0 becomes scores: inner product with, negative squared distance to, or cosine with each item.
    With cosine the training loss is over cosines, too, and x_0 is the item's direction at length √D."""
    cosine_temperature: float = 0.07
    """τ: with rounding = "cosine" a score is cos(x_0, e_i) / τ."""
    repeat_bias: bool = False
    """Whether the scores of the history's items have a learned number added: do people come back to items?"""


@dataclass(frozen=True)
class DiffusionConfig:
    """The noise process."""

    steps: int = 32
    """T, the number of diffusion timesteps."""
    schedule: ScheduleName = "trunc_lin"
    """The betas: linear, cosine, sqrt, trunc_cos, trunc_lin or pw_lin."""
    variance: Variance = "fixed_large"
    """σ_t² of the reverse step: β_t (the authors' code) or β̃_t (the paper)."""
    timestep_sampler: SamplerName = "uniform"
    """How training draws s: uniform, or loss_aware with truly updated losses."""
    rescale_timesteps: bool = True
    """Whether the step embedding sees t · 1000/T instead of t."""
    x0_scale: float = 1.0
    """c in x_s = √ᾱ_s · c x_0 + √(1-ᾱ_s) ε: below 1 the noise hides the target for more of the schedule."""


@dataclass(frozen=True)
class TrainConfig:
    """The optimisation."""

    epochs: int = 100
    """Passes over the training examples at most."""
    batch_size: int = 512
    """Examples (history, next item) a step."""
    negatives: int = 0
    """Items drawn for a sampled softmax, for catalogues of millions; 0 is the exact one."""
    learning_rate: float = 1e-3
    """Peak learning rate of Adam."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW) of matrices and tables; biases and norms are spared."""
    lr_schedule: LearningRateSchedule = "step"
    """constant; step (times lr_gamma every lr_step_epochs); cosine to zero over all epochs."""
    lr_step_epochs: int = 100
    """Epochs between the drops of the step schedule."""
    lr_gamma: float = 0.1
    """Factor of a drop."""
    warmup_steps: int = 0
    """Steps over which the learning rate rises linearly from zero."""
    ema: float = 0.0
    """Decay a step of a running mean of the weights, which is what is evaluated and kept; 0 is off."""
    grad_clip: float = 0.0
    """Largest gradient norm; 0 leaves gradients alone."""
    precision: Precision = "auto"
    """fp32, bf16 (matrix products only), or auto: bf16 on a GPU or a CPU that has it."""
    seed: int = 0
    """Names the run: same seed, same machine, same numbers."""
    eval_every: int = 1
    """Epochs between validations."""
    eval_users: int = 0
    """Users validated on, a fixed random subset; 0 is all of them."""
    eval_steps: int = 0
    """Reverse steps of a validation walk; 0 is the full walk."""
    eval_batch_size: int = 512
    """Users a batch in validation."""
    exclude_seen: bool = False
    """Whether validation leaves out items of the history."""
    metric: Metric = "NDCG@10"
    """The validation figure by which the best epoch is kept."""
    patience: int = 0
    """Validations without a better figure after which training stops; 0 never stops early."""
    checkpoint_seconds: float = 60.0
    """Longest wall time between two saves of the state to resume from."""


@dataclass(frozen=True)
class Config:
    """Everything that determines a training run, together with the data."""

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    diffusion: DiffusionConfig = field(default_factory=DiffusionConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self) -> None:
        for key, value in flatten(self).items():
            rule = _RULES.get(key)
            if isinstance(value, float) and not math.isfinite(value):
                raise UserError(f"{key}={value}: must be a finite number")
            if rule is not None and isinstance(value, (int, float)) and not rule.holds(value):
                raise UserError(f"{key}={value}: must be {rule.says}")
        if self.model.hidden_size % self.model.num_heads:
            raise UserError(
                f"model.hidden_size={self.model.hidden_size}: must be a multiple of"
                f" model.num_heads={self.model.num_heads}"
            )
        if self.train.eval_steps > self.diffusion.steps:
            raise UserError(
                f"train.eval_steps={self.train.eval_steps}: must be at most"
                f" diffusion.steps={self.diffusion.steps}"
            )
        if self.model.repeat_bias and self.train.negatives:
            raise UserError("model.repeat_bias=true: needs the exact softmax; set train.negatives=0")
        make_schedule(self.diffusion.schedule, self.diffusion.steps)


@dataclass(frozen=True)
class _Rule:
    says: str
    low: float
    high: float = math.inf
    open_high: bool = False
    open_low: bool = False

    def holds(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)


_AT_LEAST_ONE = _Rule("at least 1", 1)
_NOT_NEGATIVE = _Rule("0 or more", 0)
_POSITIVE = _Rule("above 0", 0, open_low=True)
_PROBABILITY = _Rule("at least 0 and below 1", 0, 1, open_high=True)
_COUNT = _Rule("at least 1 and at most 1000000", 1, 1_000_000)

_RULES: dict[str, _Rule] = {
    "data.max_len": _COUNT,
    "model.hidden_size": _Rule("at least 2 and at most 65536", 2, 65_536),
    "model.num_blocks": _Rule("at least 1 and at most 1000", 1, 1000),
    "model.num_heads": _COUNT,
    "model.dropout": _PROBABILITY,
    "model.embedding_dropout": _PROBABILITY,
    "model.embedding_std": _POSITIVE,
    "model.lambda_mean": _NOT_NEGATIVE,
    "model.lambda_spread": _NOT_NEGATIVE,
    "model.cosine_temperature": _POSITIVE,
    "diffusion.steps": _Rule("at least 2 and at most 10000", 2, 10_000),
    "diffusion.x0_scale": _POSITIVE,
    "train.epochs": _AT_LEAST_ONE,
    "train.batch_size": _COUNT,
    "train.negatives": _NOT_NEGATIVE,
    "train.learning_rate": _POSITIVE,
    "train.weight_decay": _NOT_NEGATIVE,
    "train.lr_step_epochs": _AT_LEAST_ONE,
    "train.lr_gamma": _Rule("above 0 and at most 1", 0, 1, open_low=True),
    "train.warmup_steps": _NOT_NEGATIVE,
    "train.ema": _PROBABILITY,
    "train.grad_clip": _NOT_NEGATIVE,
    "train.seed": _Rule("0 or more and below 2**63", 0, 2**63 - 1),
    "train.eval_every": _AT_LEAST_ONE,
    "train.eval_users": _NOT_NEGATIVE,
    "train.eval_steps": _NOT_NEGATIVE,
    "train.eval_batch_size": _COUNT,
    "train.patience": _NOT_NEGATIVE,
    "train.checkpoint_seconds": _NOT_NEGATIVE,
}


def flatten(config: Config) -> dict[str, object]:
    """`{"section.key": value}` in declaration order."""
    return {
        f"{section}.{key}": value
        for section, values in dataclasses.asdict(config).items()
        for key, value in values.items()
    }
