"""What screens and widgets draw: frozen, without torch, safe to hand between threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from diffurec.inspection.cases import Case
from diffurec.inspection.diversity import Contrast, Diversity
from diffurec.inspection.frames import SampleSet
from diffurec.inspection.views import Fork, View


class Names(Protocol):
    """Titles of items, and their ids."""

    def name(self, item: int) -> str:
        """The title, or the original id where there is none."""
        ...

    def find(self, original_id: str) -> int | None:
        """The item of an original id; None where there is none."""
        ...


class NumberedNames:
    """Stands in until the titles are read."""

    def name(self, item: int) -> str:
        return f"#{item}"

    def find(self, original_id: str) -> int | None:
        return None


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
    """HR@10 of the validation items, in percent."""
    seen_left_out: bool = False
    """Whether validation leaves items of the history out of the ranking."""
    training: str = ""
    """What the training is doing, where it is not finished."""


@dataclass(frozen=True)
class Own:
    """A user who is not in the data: a history that somebody typed."""

    case: Case
    name: str = "your own"


User = int | Own
"""Row in the data set, or a history of one's own."""


@dataclass(frozen=True)
class Subject:
    """The user that is looked at."""

    user: User
    name: str
    """The data's own id."""
    case: Case


@dataclass(frozen=True)
class Heat:
    """What each item of the history that the model reads, oldest first, does for a recommendation."""

    on_top: tuple[float, ...]
    """How much log p of the recommendation's first item falls without it; NaN where nothing would be left."""
    on_target: tuple[float, ...] | None
    """The same for the true next item; None where it is unknown."""
    attention: tuple[float, ...]
    """Share of the last position's attention."""


@dataclass(frozen=True)
class WalkSpec:
    """Everything that determines a walk: the same again is the same walk."""

    user: User
    case: Case
    """The user's history, perhaps edited."""
    seed: int
    view: View
    forks: tuple[Fork, ...] = ()


@dataclass(frozen=True, eq=False)
class Draws:
    """The lists of many walks of one case, or the first of them, and what they amount to."""

    spec: WalkSpec
    """Of the first walk; the seeds of the others follow its own."""
    drawn: SampleSet
    """All that was drawn, in lists as long as they can be asked for."""
    samples: SampleSet
    """What is looked at of it."""
    wanted: int
    """How many walks were asked for."""
    measures: Diversity
    jaccard: npt.NDArray[np.float64]
    """Mean Jaccard of the first n lists; (N,)."""
    items: tuple[tuple[int, int], ...]
    """(item, number of lists it is in), the most frequent first."""
    against: Against | None = None
    """Where other draws are pinned."""

    @property
    def complete(self) -> bool:
        return len(self.samples.seeds) >= self.wanted

    @property
    def k(self) -> int:
        """Length of a list."""
        return self.samples.lists.shape[1]


@dataclass(frozen=True, eq=False)
class Against:
    """The draws that others are set against, and what comes of it."""

    pinned: Draws
    contrast: Contrast
