"""Goes to a step, a user or an item from anywhere: one line to type in, and what matches below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text

from diffurec_tui.screens.picking import PickScreen, labelled
from diffurec_tui.screens.title_search import TitleIndex
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.text import clean, symbols
from diffurec_tui.widgets.user_index import UserIndex

FEW, MANY = 8, 200
"""Users listed where items match as well, and entries of a kind listed at all."""


@dataclass(frozen=True)
class Place:
    """Where one can go."""

    kind: Literal["step", "user", "item"]
    number: int
    """Of the state, the user's row, or the item."""


def places(typed: str, last: int | None, users: UserIndex, titles: TitleIndex) -> list[Place]:
    """What matches: a step if it is the number of one, then users by id, then items by title.

    Args:
        typed: in any case.
        last: number of the walk's last state; None where there is no walk.
        users: as many are looked through as it takes.
        titles: of all items.
    """
    typed = typed.strip()
    if not typed:
        return []
    found: list[Place] = []
    if typed.isdecimal() and last is not None and len(typed) < 10 and int(typed) <= last:
        found.append(Place("step", int(typed)))
    items = titles.find(typed, MANY)
    found += [Place("user", user) for user in users.find(typed, FEW if items else MANY)]
    return found + [Place("item", item) for item in items]


class JumpScreen(PickScreen[Place, Place]):
    """Dismissed with a place, or with nothing."""

    def __init__(self, last: int | None, users: UserIndex, titles: TitleIndex) -> None:
        step = "" if last is None else f"a step 0 to {last}, "
        super().__init__("Go to", f"{step}a user's id, or words of a title", "")
        self.last, self.users, self.titles = last, users, titles

    def find(self, typed: str) -> Sequence[Place]:
        self.nothing = "no step, user or item of that name" if typed.strip() else ""
        return places(typed, self.last, self.users, self.titles)

    def row(self, entry: Place, width: int, colours: Palette) -> Text:
        if entry.kind == "step":
            at = {0: "pure noise", self.last: "the recommendation"}.get(entry.number, "")
            return labelled("step", f"{entry.number}/{self.last}", at, width, colours)
        if entry.kind == "item":
            return labelled("item", clean(self.titles.names.name(entry.number)), "", width, colours)
        items, rank = int(self.users.lengths[entry.number]), int(self.users.ranks[entry.number])
        known = f" {symbols().dot} rank {rank:,}" if rank > 0 else ""
        said = f" {items:,} item{'s' * (items != 1)}{known}"
        return labelled("user", clean(self.users.name(entry.number)), said, width, colours)

    def result(self, entry: Place) -> Place:
        return entry
