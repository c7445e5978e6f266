"""What screens and widgets draw: frozen, without torch, safe to hand between threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from diffurec.inspection.cases import Case
from diffurec.inspection.views import Fork, View


class Names(Protocol):
    """Titles of items."""

    def name(self, item: int) -> str:
        """The title, or the original id where there is none."""
        ...


class NumberedNames:
    """Stands in until the titles are read."""

    def name(self, item: int) -> str:
        return f"#{item}"


@dataclass(frozen=True)
class RunFacts:
    """What the header tells of the run, and what explains its walks."""

    dataset: str
    num_users: int
    num_items: int
    num_steps: int
    lambda_mean: float
    max_len: int
    weights: str | None = None
    """best, last or a file's name; None where nothing is saved yet."""
    epoch: int | None = None
    hit_rate: float | None = None
    """HR@10 on the validation split, in percent."""
    training: str = ""
    """What the training is doing, where it is not finished."""


@dataclass(frozen=True)
class Subject:
    """The user that is looked at."""

    user: int
    """Row in the data set."""
    name: str
    """The data's own id."""
    case: Case


@dataclass(frozen=True)
class WalkSpec:
    """Everything that determines a walk: the same again is the same walk."""

    user: int
    """Row in the data set."""
    case: Case
    """Its history, perhaps edited."""
    seed: int
    view: View
    forks: tuple[Fork, ...] = ()
