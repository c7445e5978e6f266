"""What a training epoch cannot be faster than on this machine: its FLOPs and bytes over measured ceilings."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from diffurec.config import Config
from diffurec.data.batches import training_examples
from diffurec.data.dataset import Dataset
from diffurec.device import training_dtype

SIDE = 2048
COPIED = 1 << 28  # bytes
TRIES = 8


def floors(dataset: Dataset, device: torch.device, measured: dict[str, Any]) -> dict[str, Any]:
    """Counted work of an epoch, the ceilings, and the measured time against the larger floor."""
    config = Config()
    dtype = training_dtype(device, config.train.precision)
    lengths = training_examples(dataset, config.data.max_len, torch.device("cpu")).lengths.numpy()
    steps = -(-len(lengths) // config.train.batch_size)
    flops = flops_of_epoch(lengths, dataset.num_items, config)
    moved = bytes_of_epoch(lengths, dataset.num_items, config, steps, dtype.itemsize)
    peak, bandwidth = peak_flops(device, dtype), peak_bandwidth(device)
    floor = max(flops / peak, moved / bandwidth)
    return {
        "tflop": round(flops / 1e12, 2),
        "gbyte": round(moved / 1e9, 2),
        "dtype": str(dtype).removeprefix("torch."),
        "ceiling_gflop_s": round(peak / 1e9, 1),
        "ceiling_gbyte_s": round(bandwidth / 1e9, 2),
        "flop_floor_s": round(flops / peak, 2),
        "byte_floor_s": round(moved / bandwidth, 2),
        "measured_s": measured["engine_s"],
        "ratio": round(measured["engine_s"] / floor, 2),
    }


def flops_of_epoch(lengths: np.ndarray, items: int, config: Config) -> float:
    """Multiplications and additions of the matrix products, forward and backward, on real positions alone.

    Full blocks: 24 D² a position and 4 L² D an example. The last block needs keys and values of every
    position, 4 D² each, and the rest of one, 20 D² and 4 L D. Scores: 2 V D. The backward pass is twice that.
    """
    D, blocks = config.model.hidden_size, config.model.num_blocks
    n = lengths.astype(np.float64)
    full = 24 * D**2 * n.sum() + 4 * D * (n**2).sum()
    last = 4 * D**2 * n.sum() + (20 * D**2) * len(n) + 4 * D * n.sum()
    step_embedding = 16 * D**2 * len(n)
    scores = 2 * D * items * len(n)
    return 3 * ((blocks - 1) * full + last + step_embedding + scores)


def bytes_of_epoch(lengths: np.ndarray, items: int, config: Config, steps: int, width: int) -> float:
    """What must go through memory at least: weights, gradients and moments a step, activations a pass.

    A full block makes 17 D numbers a position (norms, queries, keys, values, mixtures, the wide layer before
    and after its GELU, sums). Each is written and read by the forward pass, read by the backward one, and
    its gradient is written and read.
    """
    D, blocks = config.model.hidden_size, config.model.num_blocks
    parameters = (items + 1) * D + blocks * 12 * D**2 + 8 * D**2
    optimiser = steps * parameters * 4 * 8  # float32: weight, gradient and two moments, read and written
    activations = (blocks - 1) * 17 * D * float(lengths.sum()) * width * 5
    return optimiser + activations


def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of a large matrix product, the best of a few."""
    a, b = (torch.randn(SIDE, SIDE, device=device).to(dtype) for _ in range(2))
    return 2 * SIDE**3 / best(lambda: a @ b, device)


def peak_bandwidth(device: torch.device) -> float:
    """Bytes/s of a copy, read and written, the best of a few."""
    source = torch.ones(COPIED // 4, device=device)
    target = torch.empty_like(source)
    return 2 * COPIED / best(lambda: target.copy_(source), device)


def best(work: Any, device: torch.device) -> float:
    times: list[float] = []
    for _ in range(TRIES):
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - began)
    return min(times)
