"""All users as columns, and the rows of them that a query leaves, in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.user_filter import Query

if TYPE_CHECKING:  # 0.1 s to import, and the first frame does without it
    import polars as pl

UNKNOWN = 0
NO_TARGET = -1
PIECE = 100_000

Order = Literal["data", "length", "rank"]
ORDERS: tuple[Order, ...] = ("data", "length", "rank")
Rows = npt.NDArray[np.int64]


class UserIndex:
    """Columns over users; ids arrive later than the rest, ranks little by little."""

    def __init__(self, lengths: npt.NDArray[np.int64], has_target: npt.NDArray[np.bool_]) -> None:
        self.lengths = lengths
        self.ranks = np.where(has_target, UNKNOWN, NO_TARGET).astype(np.int32)
        self._ids: pl.Series | None = None
        self._lower: pl.Series | None = None
        self._length_order: Rows | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def has_ids(self) -> bool:
        return self._ids is not None

    def set_ids(self, ids: pl.Series, lower: pl.Series) -> None:
        """The data's own ids, as they are and in lower case."""
        self._ids, self._lower = ids, lower

    def forget_ranks(self) -> None:
        """Other weights: every rank is unknown again."""
        self.ranks = np.where(self.ranks == NO_TARGET, NO_TARGET, UNKNOWN).astype(np.int32)

    def name(self, user: int) -> str:
        """The data's own id; an ellipsis until it is read."""
        return symbols().more if self._ids is None else str(self._ids[user])

    @property
    def ranks_known(self) -> int:
        """Users whose rank is known, of those that have one."""
        return int(np.count_nonzero(self.ranks > 0))

    @property
    def ranks_wanted(self) -> int:
        return int(np.count_nonzero(self.ranks != NO_TARGET))

    def rows(self, query: Query, order: Order = "data") -> Rows:
        """Users for which all of `query` holds. Unknown ranks satisfy no condition on rank."""
        ordered = self._ordered(order)
        if query.empty:
            return ordered
        keep = np.ones(len(self), dtype=np.bool_)
        for condition in query.conditions:
            if condition.field == "len":
                keep &= condition.holds(self.lengths)
            else:
                keep &= condition.holds(self.ranks) & (self.ranks > 0)
        for fragment in query.fragments:
            keep &= self._contains(fragment)
        return ordered[keep[ordered]] if order != "data" else np.flatnonzero(keep)

    def _contains(self, fragment: str) -> npt.NDArray[np.bool_]:
        if self._lower is None:
            return np.ones(len(self), dtype=np.bool_)
        return self._lower.str.contains(fragment, literal=True).to_numpy()

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

    def _ordered(self, order: Order) -> Rows:
        if order == "length":
            if self._length_order is None:
                self._length_order = np.argsort(-self.lengths, kind="stable")
            return self._length_order
        if order == "rank":
            worst = np.iinfo(np.int32).max
            return np.argsort(np.where(self.ranks > 0, self.ranks, worst), kind="stable")
        return np.arange(len(self), dtype=np.int64)
