"""What one types to find users: parts of an id, and conditions on history length and rank.

A1 len>20 rank<=10      id contains "A1", more than 20 items of history, target within the top 10
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Field = Literal["len", "rank"]

_COMPARE: dict[str, Callable[[Any, int], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_CONDITION = re.compile(r"(?<!\S)(len|rank)\s*(<=|>=|==|!=|<|>|=)\s*(\d{1,18})(?!\S)", re.IGNORECASE)
_BEGUN = re.compile(r"(?<!\S)(?:len|rank)\s*(?:<=|>=|==|!=|<|>|=|!)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Condition:
    """`len` or `rank` against a number."""

    field: Field
    sign: str
    value: int

    def holds(self, values: Any) -> Any:
        """Of one number, or of an array element by element."""
        return _COMPARE[self.sign](values, self.value)


@dataclass(frozen=True)
class Query:
    """All of it must hold."""

    fragments: tuple[str, ...] = ()
    """Lower-case parts of an id."""
    conditions: tuple[Condition, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.fragments and not self.conditions

    @property
    def on_rank(self) -> bool:
        return any(condition.field == "rank" for condition in self.conditions)


def parse(text: str) -> Query:
    """Never fails: what is no condition is part of an id, and one that is still being typed waits."""
    conditions: list[Condition] = []

    def take(found: re.Match[str]) -> str:
        field: Field = "len" if found[1].lower() == "len" else "rank"
        conditions.append(Condition(field, found[2], int(found[3])))
        return " "

    rest = _BEGUN.sub(" ", _CONDITION.sub(take, text))
    return Query(tuple(rest.lower().split()), tuple(conditions))
