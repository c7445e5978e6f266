"""What the engine's thread tells the app: every message holds finished, frozen things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:  # the first frame does without them
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from diffurec.inspection.frames import RankPaths, Trajectory
    from diffurec_tui.colouring import By, Colouring
    from diffurec_tui.mapping import Floats, ItemMap
    from diffurec_tui.snapshots import Draws, Heat, Names, RunFacts, WalkSpec


@dataclass(eq=False)
class UsersRead(Message):
    """The data's own user ids, and the same in lower case."""

    ids: pl.Series
    lower: pl.Series


@dataclass(eq=False)
class UsersSorted(Message):
    """What takes a moment longer: users by id, their true next items, and how often those were trained on."""

    by_id: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    popularity: npt.NDArray[np.int32]


@dataclass(eq=False)
class TitlesRead(Message):
    """Titles of the catalogue."""

    names: Names


@dataclass(eq=False)
class ModelRead(Message):
    """A model is there, and these are its facts."""

    facts: RunFacts


@dataclass(eq=False)
class Failed(Message):
    """Something cannot be done, for a reason outside the program."""

    reason: str


@dataclass(eq=False)
class Walked(Message):
    """A walk, or the beginning of one."""

    spec: WalkSpec
    trajectory: Trajectory


@dataclass(eq=False)
class PathsFound(Message):
    """Where items rank along a walk."""

    spec: WalkSpec
    paths: RankPaths


@dataclass(eq=False)
class Ranked(Message):
    """Where the walks of some users end, and from which step on their lists stay."""

    users: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int32]
    locks: npt.NDArray[np.int32]


@dataclass(eq=False)
class Mapped(Message):
    """All items in two dimensions; None where the weights hold something that is not a number."""

    items: ItemMap | None


class MapMessage(Message):
    """Something that only the map shows."""


@dataclass(eq=False)
class Clouded(MapMessage):
    """Where the first walks of a user end, (N, D)."""

    spec: WalkSpec
    vectors: Floats


@dataclass(eq=False)
class Coloured(MapMessage):
    """Groups of the items that have these vectors; None where there are none."""

    vectors: Floats
    by: By
    colouring: Colouring | None


@dataclass(eq=False)
class Fitting(MapMessage):
    """How far a t-SNE is."""

    share: float
    seconds: float


@dataclass(eq=False)
class Fitted(MapMessage):
    """A t-SNE, or why there is none."""

    items: ItemMap | None
    plane: ItemMap
    """The map it was asked from."""
    samples: tuple[Floats, ...]
    """Of the clouds that were fitted with the items."""
    reason: str = ""


@dataclass(eq=False)
class Placed(MapMessage):
    """Where vectors lie on a map."""

    items: ItemMap
    vectors: Floats
    points: Floats


@dataclass(eq=False)
class Influenced(Message):
    """What the items of a history do for the recommendation."""

    spec: WalkSpec
    heat: Heat


@dataclass(eq=False)
class Drawn(Message):
    """Lists of many walks, or of the first of them."""

    draws: Draws
