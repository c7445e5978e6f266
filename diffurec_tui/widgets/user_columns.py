"""Which columns the list of users has room for, and how wide each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diffurec_tui.widgets.user_filter import Field
from diffurec_tui.widgets.user_index import Order

NUMBERS: dict[Field, int] = {"len": 7, "pop": 8, "rank": 9, "lock": 6}
"""Cells of the numbers, in the order they stand in."""
FIRST_TO_GO: tuple[Field, ...] = ("lock", "pop", "len")
LEAST_ID, MOST_ID, LEAST_TITLE = 8, 26, 16
EDGES = 3
"""Cells of the cursor on the left and of the space on the right."""


@dataclass(frozen=True)
class Column:
    """A heading, and the order that a click on it asks for; the title of the next item has none."""

    name: Field | Literal["user", "next"]
    width: int

    @property
    def order(self) -> Order | None:
        return "id" if self.name == "user" else None if self.name == "next" else self.name


def columns(width: int, longest_id: int) -> tuple[Column, ...]:
    """The columns in `width` cells: id and rank in any case, a title with what is left.

    Args:
        width: cells of the list.
        longest_id: characters of the longest user id.
    """
    id_width = min(MOST_ID, max(LEAST_ID, longest_id + 1))
    numbers = dict(NUMBERS)
    for field in FIRST_TO_GO:
        if EDGES + LEAST_ID + sum(numbers.values()) > width:
            del numbers[field]
    left = width - EDGES - sum(numbers.values())
    title = left - id_width - 1
    text = (Column("user", left),)
    if len(numbers) == len(NUMBERS) and title >= LEAST_TITLE:
        text = (Column("user", id_width), Column("next", title + 1))
    return (*text, *(Column(field, cells) for field, cells in numbers.items()))
