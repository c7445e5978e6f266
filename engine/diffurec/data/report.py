"""What `prepare` reports: the rows, users and items that each step left, and the finished dataset."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StepReport:
    """One step of the preparation. The counts are what is left after it; `dropped` is in interactions."""

    step: str
    reason: str
    dropped: int
    interactions: int
    users: int
    items: int


@dataclass(frozen=True)
class PrepareReport:
    """A finished dataset folder and how it came about. `info` is the content of its dataset.json."""

    path: Path
    info: dict[str, Any]
    steps: list[StepReport] = field(default_factory=list[StepReport])
    notes: list[str] = field(default_factory=list[str])

    def to_json(self) -> dict[str, Any]:
        return {"path": str(self.path), **self.info}


def steps_to_json(steps: list[StepReport]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]
