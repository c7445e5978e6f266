"""f_θ, the Approximator: a Transformer that reads the noised history and names x̂_0 (paper, "Approximator").

    d_t   = MLP(sinusoid(t))                      step embedding
    z_i   = e_i + λ_i ⊙ (x_t + d_t)               each history item as a distribution
    x̂_0   = LayerNorm(Transformer(z_1 … z_n))_n   the last position

Histories are padded on the left, so the last position is always a real item.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diffurec.activation import gelu_dropped
from diffurec.config import AttentionMask
from diffurec.dropout import Dropout, as_now, dropout, spelled_out

LAYER_NORM_EPS = 1e-12
MAX_PERIOD = 10_000.0


def sinusoid(t: Tensor, size: int) -> Tensor:
    """Sinusoidal embedding of (fractional) timesteps (B,) as (B, size): cosines first, then sines."""
    half = size // 2
    exponent = torch.arange(half, dtype=torch.float32, device=t.device) / half
    angles = t.float().unsqueeze(-1) * torch.exp(-math.log(MAX_PERIOD) * exponent)  # (B, half)
    return F.pad(torch.cat([angles.cos(), angles.sin()], dim=-1), (0, size % 2))


class Attention(nn.Module):
    """Bidirectional multi-head attention over the history.

    Two readings of the padding mask. "keys": padding is never attended to. "queries", the authors':
    real positions attend to padding too, and rows of padding attend to everything uniformly.
    """

    def __init__(self, hidden_size: int, num_heads: int, dropout: float, mask: AttentionMask) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout
        self.mask: AttentionMask = mask
        self.query = nn.Linear(hidden_size, hidden_size)
        self.key = nn.Linear(hidden_size, hidden_size)
        self.value = nn.Linear(hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size, hidden_size)
        nn.init.xavier_normal_(self.out.weight)

    def forward(self, x: Tensor, real: Tensor | None, *, last_only: bool) -> Tensor:
        """Attend.

        Args:
            x: (B, L, D).
            real: False where the history is padding, (B, L); None where nothing is.
            last_only: compute the last position's query alone, which gives (B, 1, D).
        """
        q, k, v = (self._heads(one) for one in self._projected(x, last_only=last_only))
        allowed: Tensor | None = None
        if real is not None and self.mask == "keys":
            allowed = real[:, None, None, :]  # (B, 1, 1, L)
        elif real is not None and not last_only:
            q = q * real[:, None, :, None]  # a zero query gives the uniform row
        mixed = self._mix(q, k, v, allowed)  # (B, H, Q, D/H)
        merged = mixed.transpose(1, 2).flatten(2)  # (B, Q, D)
        return self.out(merged)

    def _projected(self, x: Tensor, *, last_only: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, Q, D), keys and values (B, L, D); in training in as few matrix products as can be."""
        if not self.training:  # there the weights would be put together at every step for a few rows
            return self.query(x[:, -1:] if last_only else x), self.key(x), self.value(x)
        asked = [self.key, self.value] if last_only else [self.query, self.key, self.value]
        weight = torch.cat([layer.weight for layer in asked])
        bias = torch.cat([layer.bias for layer in asked])
        *first, k, v = F.linear(x, weight, bias).chunk(len(asked), dim=-1)
        return (first[0] if first else self.query(x[:, -1:])), k, v

    def weights_of_last(self, x: Tensor, real: Tensor | None) -> Tensor:
        """How the last position spreads its attention over (B, L, D): (B, H, L), each row summing to 1."""
        q = self._heads(self.query(x[:, -1:]))  # (B, H, 1, D/H)
        k = self._heads(self.key(x))  # (B, H, L, D/H)
        logits = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-2, -1)).squeeze(2)
        if real is not None and self.mask == "keys":
            logits = logits.masked_fill(~real[:, None, :], float("-inf"))
        return logits.softmax(-1)

    def _mix(self, q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None) -> Tensor:
        dropped = self.training and self.dropout > 0
        if dropped and spelled_out(q.device):
            # For the mask of our own; torch's fused kernel takes no dropout on a CPU anyway.
            weights = self._logits(q, k, allowed)  # (B, H, Q, L)
            return torch.matmul(dropout(weights.softmax(-1), self.dropout, training=True), v)
        rate = self.dropout if dropped else 0.0
        return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, dropout_p=rate)

    @staticmethod
    def _logits(q: Tensor, k: Tensor, allowed: Tensor | None) -> Tensor:
        """Scaled products of queries and keys, (B, H, Q, L); scale and mask in the same pass."""
        rows, heads, _, size = q.shape
        bias = q.new_zeros(1, 1, 1)
        if allowed is not None:  # (B, 1, 1, L)
            bias = bias.masked_fill(~allowed.squeeze(1), float("-inf")).repeat_interleave(heads, dim=0)
        flat = torch.baddbmm(bias, q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2), alpha=size**-0.5)
        return flat.view(rows, heads, *flat.shape[1:])

    def _heads(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        return x.reshape(batch, length, self.num_heads, width // self.num_heads).transpose(1, 2)


class FeedForward(nn.Module):
    """Linear, tanh-GELU, dropout, Linear, with an inner width of 4 D."""

    def __init__(self, hidden_size: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(hidden_size, 4 * hidden_size)
        self.outer = nn.Linear(4 * hidden_size, hidden_size)
        self.dropout = Dropout(dropout)
        nn.init.xavier_normal_(self.inner.weight)
        nn.init.xavier_normal_(self.outer.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(gelu_dropped(self.inner(x), self.dropout.p, training=self.training))


class Block(nn.Module):
    """Pre-norm Transformer block; dropout after attention, after the feed-forward, and at the end."""

    def __init__(self, hidden_size: int, num_heads: int, dropout: float, mask: AttentionMask) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(hidden_size, eps=LAYER_NORM_EPS)
        self.attention = Attention(hidden_size, num_heads, dropout, mask)
        self.feed_forward_norm = nn.LayerNorm(hidden_size, eps=LAYER_NORM_EPS)
        self.feed_forward = FeedForward(hidden_size, dropout)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor | None, *, last_only: bool) -> Tensor:
        residual = x[:, -1:] if last_only else x
        x = residual + self.dropout(self.attention(self.attention_norm(x), real, last_only=last_only))
        x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        return self.dropout(x)


class Approximator(nn.Module):
    """f_θ: (history embeddings, x_t, t, λ) -> x̂_0."""

    def __init__(
        self, hidden_size: int, num_blocks: int, num_heads: int, dropout: float, mask: AttentionMask
    ) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        self.recompute = False
        """Whether the backward pass computes blocks anew instead of keeping what they made."""
        self.step_embedding = nn.Sequential(
            nn.Linear(hidden_size, 4 * hidden_size), nn.SiLU(), nn.Linear(4 * hidden_size, hidden_size)
        )
        self.blocks = nn.ModuleList(Block(hidden_size, num_heads, dropout, mask) for _ in range(num_blocks))
        self.dropout = Dropout(dropout)
        self.norm = nn.LayerNorm(hidden_size, eps=LAYER_NORM_EPS)

    def forward(self, e: Tensor, real: Tensor | None, x_t: Tensor, t: Tensor, lam: Tensor) -> Tensor:
        """Reconstruct x_0.

        Args:
            e: embedded history, (B, L, D).
            real: False where it is padding, (B, L); None where nothing is.
            x_t: (B, D).
            t: timestep on the scale of the step embedding, (B,) or (1,).
            lam: λ, (B, L, D).

        Returns:
            x̂_0, (B, D).
        """
        z = self._up_to_last_block(e, real, x_t, t, lam)
        # Only the last position is read, so the last block computes one query.
        z = self.blocks[-1](z, real, last_only=True)  # (B, 1, D)
        return self.norm(self.dropout(z)).squeeze(1)

    def attention_of_last(
        self, e: Tensor, real: Tensor | None, x_t: Tensor, t: Tensor, lam: Tensor
    ) -> Tensor:
        """Where the last position looks in the last block, (B, H, L); arguments as in `forward`."""
        z = self._up_to_last_block(e, real, x_t, t, lam)
        block = self.blocks[-1]
        assert isinstance(block, Block)
        return block.attention.weights_of_last(block.attention_norm(z), real)

    def _up_to_last_block(
        self, e: Tensor, real: Tensor | None, x_t: Tensor, t: Tensor, lam: Tensor
    ) -> Tensor:
        d_t = self.step_embedding(sinusoid(t, self.hidden_size))  # (B, D)
        z = e + lam * (x_t + d_t).unsqueeze(1)  # (B, L, D)
        for block in self.blocks[:-1]:
            again = self.training and self.recompute
            z = _kept_small(block, z, real) if again else block(z, real, last_only=False)
        return z


def _kept_small(block: nn.Module, z: Tensor, real: Tensor | None) -> Tensor:
    """What a block makes of (B, L, D), of which the backward pass finds nothing kept but `z`."""
    # Imported here: only a large catalogue needs it.
    from torch.utils.checkpoint import checkpoint  # pyright: ignore[reportUnknownVariableType]

    now = as_now()
    compute = cast("Callable[..., Tensor]", checkpoint)
    return compute(
        block, z, real, last_only=False, use_reentrant=False, context_fn=lambda: (nullcontext(), now)
    )
