"""status.json: what a run's training says of itself, held against what the system says of its process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from diffurec.errors import UserError
from diffurec.files import as_object, read_json, write_json
from diffurec.process import Process, this_process, unpack_process
from diffurec.run import Run
from diffurec.training_lock import is_locked, last_holder

ENDED = ("finished", "interrupted", "failed", "killed")
"""States in which nothing goes on."""


@dataclass(frozen=True)
class Status:
    """What is known of a run's process."""

    state: str
    """One of

    - running: its process is there;
    - finished;
    - interrupted: stopped on request, with everything saved;
    - failed: stopped by an error;
    - killed: its process is gone without a word;
    - elsewhere: a process of another machine said that it trains, and nothing here tells whether it
      still does; a copy of its folder says that for ever.
    """
    epoch: int
    epochs: int
    best: Mapping[str, Any] | None
    """epoch, metric and value of the best validation."""
    test: Mapping[str, float] | None
    """Test figures of the best epoch, once the training has finished."""
    error: str
    """In one line, if it failed."""
    process: Process | None
    """That trains, or trained last."""
    updated: float | None
    """When its process last said something, in seconds since 1970."""

    @property
    def resumable(self) -> bool:
        """Whether it ended before its end, as far as one sees; the run's lock has the last word."""
        return self.state not in ("running", "finished")


def write_status(run: Run, state: str, **facts: Any) -> None:
    """Record the state of this process's training."""
    write_json(
        run.path / "status.json", {"state": state, **this_process().pack(), "updated": time.time(), **facts}
    )


def read_status(run: Run) -> Status:
    """The state as facts have it: a run whose process is gone is not running.

    Raises:
        UserError: status.json is damaged.
    """
    path = run.path / "status.json"
    told: dict[str, Any] = read_json(path) if path.exists() else {"state": "killed"}
    if not _sound(told):
        raise UserError(f"{path}: damaged; remove it, the checkpoints do not need it")
    status = Status(
        state=told["state"],
        epoch=told.get("epoch", 0),
        epochs=told.get("epochs", run.config.train.epochs),
        best=told.get("best"),
        test=told.get("test"),
        error=told.get("error") or "",
        process=unpack_process(told),
        updated=told.get("updated"),
    )
    return _checked(run, status)


def _checked(run: Run, status: Status) -> Status:
    """What a process said, held against whether it is there."""
    locked, said = is_locked(run.path), status.process
    if locked:
        holder = last_holder(run.path)
        about_to_leave = holder is not None and holder == said
        if status.state in ENDED and (about_to_leave or holder == this_process()):
            return status
        return replace(status, state="running", error="", process=holder or said)
    if status.state != "running":
        return status
    if said is not None and not said.here:
        return replace(status, state="elsewhere")
    there = locked is None and said is not None and said.alive
    return replace(status, state="running" if there else "killed")


def _sound(told: Mapping[str, Any]) -> bool:
    """Whether status.json has values of the right types; null stands for NaN, which JSON has no word for."""
    number = (int, float, type(None))
    best, test = as_object(told.get("best") or {}), as_object(told.get("test") or {})
    return (
        isinstance(told.get("state"), str)
        and type(told.get("epoch", 0)) is type(told.get("epochs", 0)) is int
        and type(told.get("pid")) in (int, type(None))
        and type(told.get("updated")) in number
        and isinstance(told.get("error"), (str, type(None)))
        and best is not None
        and (not best or (isinstance(best.get("metric"), str) and type(best.get("epoch")) is int))
        and type(best.get("value")) in number
        and test is not None
        and all(type(value) in number for value in test.values())
    )
