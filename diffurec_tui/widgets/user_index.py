"""All users as columns, and the rows of them that a query leaves, in an order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from diffurec.inspection.cases import NO_TARGET, UNKNOWN
from diffurec_tui.snapshots import Own, User
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.user_filter import HIT, Field, Query

if TYPE_CHECKING:  # 0.1 s to import, and the first frame does without it
    import polars as pl

PIECE = 100_000

Order = Literal["data", "id", "len", "pop", "rank", "lock"]
ORDERS: tuple[Order, ...] = get_args(Order)
LARGEST_FIRST: tuple[Order, ...] = ("len", "pop")
Rows = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
LAST = np.iinfo(np.int32).max
MOST_MASKS = 8
"""Parts of an id whose users are kept, for the next key."""


@dataclass(frozen=True)
class Ordering:
    """By what, and whether the other way round; what is not known comes last in any case."""

    by: Order = "data"
    reverse: bool = False

    def next(self) -> Ordering:
        return Ordering(ORDERS[(ORDERS.index(self.by) + 1) % len(ORDERS)])

    def reversed(self) -> Ordering:
        return replace(self, reverse=not self.reverse)

    @property
    def rising(self) -> bool:
        """Whether small values come first."""
        return (self.by in LARGEST_FIRST) == self.reverse


@dataclass(frozen=True)
class Tally:
    """How the walks of some users ended, as far as they were walked."""

    found: int
    wanted: int
    """Users with a true next item."""
    known: int
    hits: int

    @property
    def hit_rate(self) -> float:
        """HR@10 of those known, in percent."""
        return 100 * self.hits / self.known if self.known else float("nan")


class UserIndex:
    """Columns over users; ids and next items arrive later than lengths, ranks little by little."""

    def __init__(self, lengths: npt.NDArray[np.int64], has_target: Mask) -> None:
        self.lengths: Rows = lengths.astype(np.int32)
        self.ranks: Rows = np.where(has_target, UNKNOWN, NO_TARGET).astype(np.int32)
        self.locks: Rows = np.full(len(self), NO_TARGET, dtype=np.int32)
        self.targets: Rows | None = None
        """The true next items; 0 where there is none."""
        self.popularity: Rows | None = None
        """How often the true next item occurs in training."""
        self.longest_id = 0
        """Characters of the longest id."""
        self._ids: pl.Series | None = None
        self._lower: pl.Series | None = None
        self._by_id: Rows | None = None
        self._masks: dict[str, Mask] = {}
        self._ordered_by: tuple[Ordering, Rows] | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def has_ids(self) -> bool:
        return self._ids is not None

    # What arrives.

    def set_ids(self, ids: pl.Series, lower: pl.Series) -> None:
        """The data's own ids, as they are and in lower case."""
        self._ids, self._lower = ids, lower
        self.longest_id = int(ids.str.len_chars().max() or 0)  # type: ignore[arg-type]
        self._masks.clear()

    def set_facts(self, by_id: Rows, targets: Rows, popularity: Rows) -> None:
        """Users in the order of their ids, their true next items, and how often those were trained on."""
        self._by_id, self.targets, self.popularity = by_id, targets, popularity
        self._ordered_by = None

    def put_ends(self, users: npt.NDArray[np.int64], ranks: Rows, locks: Rows) -> None:
        """How walks ended, and from which step on their lists stayed."""
        self.ranks[users], self.locks[users] = ranks, locks
        self._forget_order("rank", "lock")

    def forget_ends(self) -> None:
        """Other weights: where walks end is unknown again."""
        self.ranks = np.where(self.ranks == NO_TARGET, NO_TARGET, UNKNOWN).astype(np.int32)
        self.locks.fill(NO_TARGET)
        self._forget_order("rank", "lock")

    def _forget_order(self, *orders: Order) -> None:
        if self._ordered_by is not None and self._ordered_by[0].by in orders:
            self._ordered_by = None

    # What there is.

    def name(self, user: User) -> str:
        """The data's own id; an ellipsis until it is read."""
        if isinstance(user, Own):
            return user.name
        return symbols().more if self._ids is None else str(self._ids[user])

    def known(self, field: Field) -> Mask:
        """Users for which a number is known."""
        if field == "len":
            return np.ones(len(self), dtype=np.bool_)
        if field == "pop":
            return np.zeros(len(self), dtype=np.bool_) if self.targets is None else self.targets > 0
        return self.ranks > 0

    def values(self, field: Field) -> Rows:
        if field == "pop":
            return np.zeros(len(self), dtype=np.int32) if self.popularity is None else self.popularity
        return {"len": self.lengths, "rank": self.ranks, "lock": self.locks}[field]

    def any_id_has(self, fragment: str) -> bool:
        return bool(self._contains(fragment).any())

    def tally(self, rows: Rows | None = None) -> Tally:
        """How the walks of `rows`, or else of all users, ended so far."""
        ranks = self.ranks if rows is None or len(rows) == len(self) else self.ranks[rows]
        known = ranks > 0
        numbers = (ranks != NO_TARGET, known, known & (ranks <= HIT))
        return Tally(len(ranks), *(int(np.count_nonzero(one)) for one in numbers))

    def rows(self, query: Query, ordering: Ordering = Ordering()) -> Rows:
        """Users for which all of `query` holds; what is not known satisfies no condition."""
        ordered = self._ordered(ordering)
        if query.empty:
            return ordered
        keep = np.ones(len(self), dtype=np.bool_)
        for condition in query.conditions:
            keep &= condition.holds(self.values(condition.field))
            if condition.field != "len":
                keep &= self.known(condition.field)
        for fragment in query.fragments:
            keep &= self._contains(fragment)
        return np.compress(keep.take(ordered), ordered)

    def _contains(self, fragment: str) -> Mask:
        if self._lower is None:
            return np.ones(len(self), dtype=np.bool_)
        mask = self._masks.get(fragment)
        if mask is None:
            if len(self._masks) >= MOST_MASKS:
                del self._masks[next(iter(self._masks))]
            mask = self._masks[fragment] = self._lower.str.contains(fragment, literal=True).to_numpy()
        return mask

    def find(self, typed: str, most: int) -> tuple[int, ...]:
        """Users by id: those that begin with what is typed first, then those that have it somewhere.

        Looked through piece by piece, so that what many have is found as fast as what few have.
        """
        lower, fragment = self._lower, typed.lower().strip()
        if lower is None or not fragment:
            return ()
        found: dict[int, None] = {}
        for begins in (True, False):
            for first in range(0, len(lower), PIECE):
                piece = lower.slice(first, PIECE).str
                held = piece.starts_with(fragment) if begins else piece.contains(fragment, literal=True)
                places = held.arg_true().head(most)
                found |= dict.fromkeys(first + place for place in places.to_list())
                if len(found) >= most:
                    break
        rows = list(found)[:most]
        rows.sort(key=lambda row: lower[row] != fragment)  # the very id before longer ones
        return tuple(rows)

    def _ordered(self, ordering: Ordering) -> Rows:
        if self._ordered_by is None or self._ordered_by[0] != ordering:
            self._ordered_by = (ordering, self._sorted(ordering))
        return self._ordered_by[1]

    def _sorted(self, ordering: Ordering) -> Rows:
        by = ordering.by
        if by == "data":
            return _turned(np.arange(len(self), dtype=np.int32), ordering)
        if by == "id":
            return self._sorted(Ordering()) if self._by_id is None else _turned(self._by_id, ordering)
        values = self.values(by)
        keys = values if ordering.rising else LAST - 1 - values
        return stable_order(np.where(self.known(by), keys, LAST))


def _turned(rows: Rows, ordering: Ordering) -> Rows:
    return np.ascontiguousarray(rows[::-1]) if ordering.reverse else rows


def stable_order(keys: Rows) -> Rows:
    """Rows by rising key, none below 0, ties as they are; NumPy is three times as fast at 16 bits a time."""
    low = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable").astype(np.int32)
    high = (keys >> 16).astype(np.uint16)
    return low[np.argsort(high[low], kind="stable")] if high.any() else low
