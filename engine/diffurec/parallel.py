"""Data-parallel training: several processes, each with some rows of every batch, that act as one.

Every process makes the same batch and the same random draws for all of it, and computes its own rows; so the
numbers are those of a single process, up to the order in which gradients are added.

They talk through torch.distributed, which a process alone does not even import.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diffurec.errors import ErrorElsewhere, UserError

if TYPE_CHECKING:
    from torch import Tensor, nn

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
