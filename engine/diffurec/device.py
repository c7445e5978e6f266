"""Which device, and in which precision."""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from functools import cache

import torch

from diffurec.config import Precision
from diffurec.errors import UserError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
MOST_KEPT = 32 << 20  # bytes of a block; glibc allows no more


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


def training_dtype(device: torch.device, precision: Precision) -> torch.dtype:
    """In what matrix products are computed; `auto` is bf16 where GPU or CPU have instructions for it."""
    if precision == "auto":
        return torch.bfloat16 if _has_bf16(device) else torch.float32
    return torch.bfloat16 if precision == "bf16" else torch.float32


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # which older versions of torch lack
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """The context for the forward passes of a training."""
    dtype = training_dtype(device, precision)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16)


@cache
def keep_freed_memory() -> None:
    """Let the C library hand freed memory out again instead of giving it back.

    A step frees and asks for blocks of some megabytes by the hundred; to map each anew costs the page faults
    of all of it. Only glibc knows this.
    """
    try:
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, MOST_KEPT)
        library.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    except (AttributeError, OSError):
        pass


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MiB: of the GPU's allocator, or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
