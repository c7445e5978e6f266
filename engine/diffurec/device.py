"""Which device, and in which precision."""

from __future__ import annotations

import os
import resource
import sys

import torch

from diffurec.config import Precision
from diffurec.errors import UserError


def choose_device(name: str, *, one_a_process: bool = False) -> torch.device:
    """`auto`, `cpu`, `cuda` or `cuda:N` as a device that is there.

    Args:
        name: what is asked for.
        one_a_process: give each process of this machine a GPU of its own, by LOCAL_RANK.

    Raises:
        UserError: no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda:") and one_a_process:
        raise UserError(f"--device {name}: several processes need a GPU each; say cuda")
    if name == "cuda" and one_a_process:
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise UserError(f"--device {name}: there are auto, cpu, cuda and cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise UserError(
            f"--device {name}: torch sees {count or 'no'} CUDA device{'s' * (count != 1)}; try --device cpu"
        )
    return device


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """The context for forward passes; bf16 where asked for, or where `auto` finds a GPU that has it."""
    wanted = precision == "bf16" or (
        precision == "auto" and device.type == "cuda" and torch.cuda.is_bf16_supported()
    )
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MiB: of the GPU's allocator, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
