"""The newest of what was computed about walks."""

from __future__ import annotations

from typing import Generic, TypeVar

from diffurec_tui.snapshots import WalkSpec

MOST = 256
T = TypeVar("T")


class Kept(Generic[T]):
    """By walk; the oldest goes when there are too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: dict[WalkSpec, T] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, spec: WalkSpec) -> T | None:
        return self._values.get(spec)

    def put(self, spec: WalkSpec, value: T) -> None:
        self._values.pop(spec, None)
        if len(self._values) >= self._most:
            del self._values[next(iter(self._values))]
        self._values[spec] = value

    def all(self) -> dict[WalkSpec, T]:
        """What there is of all walks, as it is now."""
        return dict(self._values)

    def forget(self) -> None:
        """Other weights."""
        self._values.clear()
