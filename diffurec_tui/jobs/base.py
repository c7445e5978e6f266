"""A job is a generator: between its messages the thread looks whether something else is more urgent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.message import Message

from diffurec.data.dataset import Dataset
from diffurec.run import Run

if TYPE_CHECKING:  # torch takes two seconds
    from diffurec.inspection.inspector import Inspector


@dataclass(frozen=True)
class Session:
    """What a job works with: a loaded model, and whose it is."""

    run: Run
    dataset: Dataset
    inspector: Inspector
    interrupted: Callable[[], bool]
    """Whether something more urgent has come in; a long computation asks now and then, and gives up."""
    give_way: Callable[[], bool] = lambda: False
    """The same for what nobody waits for: also while somebody presses keys."""


@dataclass(frozen=True)
class Later:
    """A job waits for something outside: for so many seconds it has nothing to do, and others go on."""

    seconds: float


Told = Message | Later | None


MOST_AT_ONCE = 50
"""Walks drawn in one batch."""


def seeds_in_parts(seed: int, have: int, number: int, first: int) -> Iterator[range]:
    """The seeds of `number` walks from `seed` on, without those that are there: a few, then twice as many."""
    size = first
    while have < number:
        end = min(number, have + size)
        yield range(seed + have, seed + end)
        have, size = end, min(MOST_AT_ONCE, 2 * size)


class Job(Protocol):
    """Something to compute; a newer job of the same kind takes its place."""

    kind: ClassVar[str]
    urgency: ClassVar[int]
    """The lower, the sooner. A less urgent job waits where it stands until the others are done."""

    def run(self, session: Session) -> Iterator[Told]:
        """Compute in small steps: a message to post, or None where there is nothing to tell yet.

        What the engine imports is imported in here. A UserError is shown on screen.
        """
        ...
