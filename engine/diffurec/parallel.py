"""Data-parallel training: several processes, each with some rows of every batch, that act as one.

`torchrun` (or whatever sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT) starts the processes; they
talk through torch.distributed, gloo for what lies on the CPU and NCCL for what lies on a GPU. Every
process makes the same batch and the same random draws for all of it, and computes its own rows; so the
numbers are those of a single process, up to the order in which gradients are added.

A process alone imports nothing here and calls nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diffurec.errors import ErrorElsewhere, UserError

if TYPE_CHECKING:
    from torch import Tensor, nn

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SENT_ALONE = 1 << 18
"""Numbers in a gradient that is sent as it lies, without being copied beside others."""


@dataclass(frozen=True)
class World:
    """The processes of a training, and which of them this is."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        return self.size == 1

    def share(self, total: int) -> Share:
        """This process's rows of a batch of `total`: contiguous, in order of rank, at most one row uneven."""
        start, stop = (-(-total * rank // self.size) for rank in (self.rank, self.rank + 1))
        return Share(start, stop, total, self)

    def add(self, tensor: Tensor) -> Tensor:
        """The sum of every process's `tensor`, which is left alone."""
        if self.alone:
            return tensor
        import torch.distributed as dist

        tensor = tensor.clone()
        dist.all_reduce(tensor)
        return tensor

    def add_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its sum over all processes.

        Not by DistributedDataParallel: nearly all there is to send is the gradient of the item table, which
        is finished last, so that there is nothing to overlap; its buckets would be another copy of that, and
        it sends buffers about that every process has computed anyway.
        """
        if self.alone:
            return
        import torch
        import torch.distributed as dist

        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        small = [gradient for gradient in gradients if gradient.numel() < SENT_ALONE]
        together = torch.cat([gradient.flatten() for gradient in small])
        for tensor in (together, *(gradient for gradient in gradients if gradient.numel() >= SENT_ALONE)):
            dist.all_reduce(tensor)
        parts = torch.split(together, [part.numel() for part in small])
        for gradient, total in zip(small, parts, strict=True):
            gradient.copy_(total.view_as(gradient))

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Of each flag, whether some process has raised it; the same answer everywhere."""
        if self.alone:
            return flags
        import torch

        counts = self.add(torch.tensor(flags, dtype=torch.int32))
        return tuple(bool(count) for count in counts)

    @contextmanager
    def together(self) -> Generator[None]:
        """A block that every process leaves the same way. Inside, nobody waits for another.

        Raises:
            UserError: here, in the first process that raised one in the block.
            ErrorElsewhere: in all others then.
        """
        error: UserError | None = None
        try:
            yield
        except UserError as raised:
            error = raised
        if not self.alone:
            import torch

            failed = torch.zeros(self.size, dtype=torch.int32)
            failed[self.rank] = error is not None
            failed = self.add(failed)
            first = int(failed.argmax())
            if failed[first] and first != self.rank:
                error = ErrorElsewhere(f"process {first} of {self.size} failed")
        if error is not None:
            raise error


ALONE = World()


@dataclass(frozen=True)
class Share:
    """Rows `start` … `stop` - 1 of a batch of `total` rows: what one process computes of it.

    There may be none, where a batch has fewer rows than there are processes; that process still takes
    part in everything.
    """

    start: int
    stop: int
    total: int
    world: World

    def of(self, rows: Tensor) -> Tensor:
        """These rows of something with a row an example."""
        return rows[self.start : self.stop]

    def whole(self, own: Tensor) -> Tensor:
        """The whole of something of which every process has its rows; carries no gradient."""
        if self.world.alone:
            return own
        rows = own.new_zeros(self.total, *own.shape[1:])
        self.of(rows).copy_(own.detach())
        return self.world.add(rows)

    def mean(self, own: Tensor) -> Tensor:
        """What these rows add to the mean over all of the batch."""
        return own.mean() if self.world.alone else own.sum() / self.total


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
