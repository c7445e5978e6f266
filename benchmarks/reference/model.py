"""The model, equation by equation, for histories that are always padded to the full width.

Notation of the paper: e_i history embeddings, x_s the noised target, d_s the step embedding,
z_i = e_i + λ_i ⊙ (x_s + d_s), x̂_0 = f_θ(z), scores x̂_0 · Eᵀ. Parameters have the engine's names, so
that the weights of one are those of the other.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from diffurec.config import Config
from diffurec.schedule import make_schedule

EPS = 1e-12


class MultiHeadAttention(nn.Module):
    """Every position asks every position; padding is masked as a key."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size)
        self.value = nn.Linear(size, size)
        self.out = nn.Linear(size, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        batch, length, size = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, length, self.heads, size // self.heads).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))  # (B, H, L, D/H)
        logits = q @ k.transpose(-2, -1) / math.sqrt(size // self.heads)  # (B, H, L, L)
        logits = logits.masked_fill(~real[:, None, None, :], float("-inf"))
        weights = self.dropout(torch.softmax(logits, dim=-1))
        return self.out((weights @ v).transpose(1, 2).reshape(batch, length, size))


class FeedForward(nn.Module):
    def __init__(self, size: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(size, 4 * size)
        self.outer = nn.Linear(4 * size, size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(self.dropout(F.gelu(self.inner(x), approximate="tanh")))


class Block(nn.Module):
    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(size, eps=EPS)
        self.attention = MultiHeadAttention(size, heads, dropout)
        self.feed_forward_norm = nn.LayerNorm(size, eps=EPS)
        self.feed_forward = FeedForward(size, dropout)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x), real))
        x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        return self.dropout(x)


class Approximator(nn.Module):
    def __init__(self, size: int, blocks: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.size = size
        self.step_embedding = nn.Sequential(nn.Linear(size, 4 * size), nn.SiLU(), nn.Linear(4 * size, size))
        self.blocks = nn.ModuleList(Block(size, heads, dropout) for _ in range(blocks))
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(size, eps=EPS)

    def forward(self, e: Tensor, real: Tensor, x_s: Tensor, s: Tensor, lam: Tensor) -> Tensor:
        d_s = self.step_embedding(sinusoid(s, self.size))  # (B, D)
        z = e + lam * (x_s + d_s).unsqueeze(1)  # (B, L, D)
        for block in self.blocks:
            z = block(z, real)
        return self.norm(self.dropout(z))[:, -1]  # (B, D)


class ReferenceDiffuRec(nn.Module):
    """Item table, f_θ, and the diffusion around them."""

    def __init__(self, num_items: int, config: Config) -> None:
        super().__init__()
        model, diffusion = config.model, config.diffusion
        if (model.attention_mask, model.position, model.score_padding) != ("keys", "none", False):
            raise ValueError("the reference masks padding as keys, and has no positions")
        self.lambda_mean = model.lambda_mean
        self.item_embeddings = nn.Embedding(num_items + 1, model.hidden_size)
        self.history_dropout = nn.Dropout(model.embedding_dropout)
        self.history_norm = nn.LayerNorm(model.hidden_size, eps=EPS)
        self.approximator = Approximator(model.hidden_size, model.num_blocks, model.num_heads, model.dropout)
        self.steps = diffusion.steps
        self.timestep_scale = 1000 / diffusion.steps if diffusion.rescale_timesteps else 1.0
        schedule = make_schedule(diffusion.schedule, diffusion.steps)
        self.alphas_cumprod = torch.from_numpy(schedule.alphas_cumprod)
        self.coef1 = torch.from_numpy(schedule.posterior_mean_coef1)
        self.coef2 = torch.from_numpy(schedule.posterior_mean_coef2)
        self.betas = torch.from_numpy(schedule.betas)

    def draw_lambda(self, shape: torch.Size, device: torch.device) -> Tensor:
        """λ ~ N(λ0, λ0²) for each position and channel, on the CPU, then moved, as the authors draw it."""
        mean = torch.full(shape, self.lambda_mean)
        return torch.normal(mean=mean, std=torch.full(shape, self.lambda_mean)).to(device)

    def reconstruct(self, histories: Tensor, x_s: Tensor, s: Tensor, lam: Tensor | None = None) -> Tensor:
        """x̂_0 (B, D) of histories (B, max_len) from x_s (B, D) at timesteps s (B,)."""
        e = self.history_norm(self.history_dropout(self.item_embeddings(histories)))
        lam = self.draw_lambda(e.shape, e.device) if lam is None else lam
        return self.approximator(e, histories > 0, x_s, s * self.timestep_scale, lam)

    def loss(
        self,
        histories: Tensor,
        targets: Tensor,
        s: Tensor | None = None,
        noise: Tensor | None = None,
        lam: Tensor | None = None,
    ) -> Tensor:
        """Mean cross-entropy over all items; what is not given is drawn."""
        x_0 = self.item_embeddings(targets)
        s = torch.randint(self.steps, (len(targets),), device=targets.device) if s is None else s
        noise = torch.randn_like(x_0) if noise is None else noise
        alphas_cumprod = self.alphas_cumprod.to(x_0.device)[s].float().unsqueeze(-1)
        x_s = alphas_cumprod.sqrt() * x_0 + (1 - alphas_cumprod).sqrt() * noise
        x_0_hat = self.reconstruct(histories, x_s, s, lam)
        scores = x_0_hat @ self.item_embeddings.weight[1:].T  # (B, V)
        return F.cross_entropy(scores, targets - 1)

    @torch.no_grad()
    def scores(self, histories: Tensor, draws: list[tuple[Tensor, Tensor]] | None = None) -> Tensor:
        """Scores (B, V+1) after the whole reverse walk.

        Args:
            histories: (B, max_len).
            draws: x_T and nothing, then λ and ε' of each step; None draws them.
        """
        given = iter(draws or [])
        device = histories.device
        size = self.item_embeddings.embedding_dim
        x_t = next(given)[0] if draws else torch.randn(len(histories), size, device=device)
        for t in reversed(range(self.steps)):
            lam, noise = next(given) if draws else (None, torch.randn_like(x_t))
            s = torch.full((len(histories),), t, device=device)
            x_0_hat = self.reconstruct(histories, x_t, s, lam)
            mean = self.coef1[t].float() * x_0_hat + self.coef2[t].float() * x_t
            sigma = self.betas[t].sqrt().float() if t else 0.0
            x_t = mean + sigma * noise
        return x_t @ self.item_embeddings.weight.T


def sinusoid(t: Tensor, size: int) -> Tensor:
    half = size // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=t.device) / half)
    angles = t.float()[:, None] * frequencies[None]
    return F.pad(torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1), (0, size % 2))
