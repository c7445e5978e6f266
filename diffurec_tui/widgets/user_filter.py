"""What one types to find users: parts of an id, conditions on numbers, and whether the walk was a hit.

A1 len>20 rank<=10      id contains "A1", more than 20 items of history, true next item in the top 10
miss pop<50 lock>=3     not in the top 10, seen less than 50 times in training, list settled late
"hit"                   id contains the word itself
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

Field = Literal["len", "pop", "rank", "lock"]
FIELDS: tuple[Field, ...] = get_args(Field)
HIT = 10
"""A rank up to this is a hit, as in HR@10."""

_COMPARE: dict[str, Callable[[Any, int], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_SPACED = re.compile(rf"(?<!\S)({'|'.join(FIELDS)})\s*(<=|>=|==|!=|<|>|=|!)\s*(?=\d|\s|$)")
_CONDITION = re.compile(r"([^\W\d]\w*)(<=|>=|==|!=|<|>|=|!)(.*)")


@dataclass(frozen=True)
class Condition:
    """A field against a number."""

    field: Field
    sign: str
    value: int

    def holds(self, values: Any) -> Any:
        """Of one number, or of an array element by element."""
        return _COMPARE[self.sign](values, self.value)


WORDS = {"hit": Condition("rank", "<=", HIT), "miss": Condition("rank", ">", HIT)}


@dataclass(frozen=True)
class Query:
    """All of it must hold."""

    fragments: tuple[str, ...] = ()
    """Lower-case parts of an id."""
    conditions: tuple[Condition, ...] = ()
    trouble: str = ""
    """What of it cannot be understood, and is passed over."""

    @property
    def empty(self) -> bool:
        return not self.fragments and not self.conditions

    @property
    def on_walks(self) -> bool:
        """Whether it asks for what only walks can tell."""
        return any(condition.field in ("rank", "lock") for condition in self.conditions)


def parse(text: str) -> Query:
    """Never fails: a condition that is still being typed waits, and one of no known field is told of."""
    fragments: list[str] = []
    conditions: list[Condition] = []
    trouble = ""
    for token in _SPACED.sub(r"\1\2", text.lower()).split():
        asked = _CONDITION.fullmatch(token)
        if token.startswith('"'):
            fragments += [token.strip('"')] if token.strip('"') else []
        elif token in WORDS:
            conditions.append(WORDS[token])
        elif asked is None or (asked[1] not in FIELDS and not asked[3].strip("=")):
            fragments.append(token)  # the ids of some sources end with =
        else:
            found = _condition(asked[1], asked[2], asked[3])
            if isinstance(found, Condition):
                conditions.append(found)
            else:
                trouble = trouble or found
    return Query(tuple(fragments), tuple(conditions), trouble)


def _condition(name: str, sign: str, value: str) -> Condition | str:
    """The condition, or why there is none; nothing where it is still being typed."""
    if name not in FIELDS:
        return f"no field {name}: there are {', '.join(FIELDS)}"
    if not value:
        return ""
    if sign == "!" or not re.fullmatch(r"[0-9]{1,18}", value):
        return f"{name}{sign}{value}: a number goes after {name}, as {name}{sign if sign != '!' else '>'}10"
    return Condition(name, sign, int(value))
