"""A history that somebody types: which items its pieces are, by id, by title, or by words of a title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from diffurec.inspection.cases import Case
from diffurec_tui.snapshots import Own

ARROW = "=>"
"""Stands before the true next item."""
_BETWEEN = re.compile(r"[|;\n\r\u2028\u2029]+")


@dataclass(frozen=True)
class Typed:
    """What stands between the separators."""

    history: tuple[str, ...]
    target: tuple[str, ...]
    """After the arrow; one piece, if it is right."""

    @property
    def pieces(self) -> tuple[str, ...]:
        return (*self.history, *self.target)


def split(text: str) -> Typed:
    """Titles hold commas, so that `|`, `;` and new lines are what separates; the last arrow counts."""
    before, arrow, after = text.rpartition(ARROW)
    history, target = (before, after) if arrow else (after, "")
    return Typed(_pieces(history), _pieces(target))


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(piece for part in _BETWEEN.split(text) if (piece := " ".join(part.split())))


@dataclass(frozen=True)
class Reading:
    """What a piece was taken for."""

    piece: str
    items: tuple[int, ...] = ()
    """One item; several where the piece is a row of ids; none where it is not found."""
    how: Literal["id", "title", "words", "nothing"] = "nothing"
    others: int = 0
    """How many other titles have all its words."""


class Items(Protocol):
    """The catalogue."""

    def name(self, item: int) -> str: ...

    def find(self, original_id: str) -> int | None: ...


class Titles(Protocol):
    """Finds items whose title has all words."""

    def find(self, typed: str) -> tuple[int, ...]: ...


class Reader:
    """Reads pieces, and remembers what it has read: only what is new is looked for at a key."""

    def __init__(self, items: Items, num_items: int, titles: Titles) -> None:
        self.items, self.titles = items, titles
        self._by_title: dict[str, int] = {}
        for item in range(num_items, 0, -1):  # of titles that are alike, the first item stays
            self._by_title[_plain(items.name(item))] = item
        self._read: dict[str, Reading] = {}
        self.text = ""
        """What was typed the last time."""

    def known(self, piece: str) -> Reading | None:
        """What a piece was read as before."""
        return self._read.get(piece)

    def read(self, piece: str) -> Reading:
        """A raw id, else a whole title, else a row of ids, else the best title with all its words."""
        if piece not in self._read:
            self._read[piece] = self._find(piece)
        return self._read[piece]

    def _find(self, piece: str) -> Reading:
        item = self.items.find(piece)
        if item is not None:
            return Reading(piece, (item,), "id")
        item = self._by_title.get(_plain(piece))
        if item is not None:
            return Reading(piece, (item,), "title")
        row = [self.items.find(one) for one in re.split(r"[\s,]+", piece) if one]
        ids = tuple(one for one in row if one is not None)
        if len(ids) == len(row) > 1:
            return Reading(piece, ids, "id")
        found = self.titles.find(piece)
        if not found:
            return Reading(piece)
        whole = _plain(piece)
        names = {one: _plain(self.items.name(one)) for one in found}
        best = min(found, key=lambda one: (not names[one].startswith(whole), len(names[one])))
        return Reading(piece, (best,), "words", len(found) - 1)


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


def own_of(history: Iterable[Reading], target: Iterable[Reading]) -> Own | None:
    """What was found, as a history; None where it has no item."""
    items = tuple(item for reading in history for item in reading.items)
    after = [item for reading in target for item in reading.items]
    return Own(Case(items, after[0] if after else None)) if items else None
