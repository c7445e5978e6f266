"""How the processes of a training find each other, and what becomes of them when one is lost.

`torchrun` (or whatever sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT) starts them; gloo carries what
lies on the CPU and NCCL what lies on a GPU.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

from diffurec.errors import UserError
from diffurec.parallel import ALONE, World

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@contextmanager
def joined() -> Generator[World]:
    """The world of this process, as its environment says; left again at the end.

    Raises:
        UserError: there should be others, but the environment does not say where.
    """
    size = int(os.environ.get("WORLD_SIZE") or 1)
    if size == 1:
        yield ALONE
        return
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        raise UserError(f"WORLD_SIZE={size}, but {missing[0]} is not set; start with `torchrun`")
    import torch
    import torch.distributed as dist
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous  # pyright: ignore[reportUnknownVariableType]

    store, rank, size = next(rendezvous("env://"))
    # torchrun starts processes again with the store of those before, and the addresses of these in it.
    attempt = f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')} of {size}"
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, store=PrefixStore(attempt, store), rank=rank, world_size=size)
    try:
        yield World(rank, size)
    except RuntimeError:  # a process is gone, and what is left of the group may wait for it for ever
        raise
    except BaseException:
        dist.destroy_process_group()
        raise
    dist.destroy_process_group()


def is_process_lost(error: RuntimeError) -> bool:
    """Whether this is how torch says that another process of the training has gone."""
    return type(error).__name__ in ("DistBackendError", "DistNetworkError") or "gloo" in str(error)


def launch_id() -> str | None:
    """Names the launch that this process belongs to, the same after a restart; None without torchrun."""
    name = os.environ.get("TORCHELASTIC_RUN_ID")
    if name in (None, "none"):  # what torchrun says where it was told no --rdzv-id
        return name and f"{socket.gethostname()}:{os.getppid()}"
    return name
