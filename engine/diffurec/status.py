"""status.json: what a run's training says of itself, held against what the system says of its process."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from diffurec.errors import UserError
from diffurec.files import as_object, read_json, write_json
from diffurec.run import Run
from diffurec.training_lock import is_locked


@dataclass(frozen=True)
class Status:
    """What is known of a run's process."""

    state: str
    """running, finished, interrupted, failed, or stopped (its process is gone without a word)."""
    epoch: int
    epochs: int
    best: Mapping[str, Any] | None
    """epoch, metric and value of the best validation."""
    test: Mapping[str, float] | None
    """Test figures of the best epoch, once the training has finished."""
    pid: int | None
    host: str | None


def write_status(run: Run, state: str, **facts: Any) -> None:
    """Record the state of this process's training."""
    write_json(
        run.path / "status.json",
        {"state": state, "pid": os.getpid(), "host": socket.gethostname(), "updated": time.time(), **facts},
    )


def read_status(run: Run) -> Status:
    """The state as facts have it: a run whose process is gone is not running.

    Raises:
        UserError: status.json is damaged.
    """
    path = run.path / "status.json"
    told: dict[str, Any] = read_json(path) if path.exists() else {"state": "stopped"}
    if not _sound(told):
        raise UserError(f"{path}: damaged; remove it, the checkpoints do not need it")
    status = Status(
        state=told["state"],
        epoch=told.get("epoch", 0),
        epochs=told.get("epochs", run.config.train.epochs),
        best=told.get("best"),
        test=told.get("test"),
        pid=told.get("pid"),
        host=told.get("host"),
    )
    if status.state == "running" and not _is_training(run, status):
        status = replace(status, state="stopped")
    return status


def _sound(told: Mapping[str, Any]) -> bool:
    """Whether status.json has values of the right types; null stands for NaN, which JSON has no word for."""
    number = (int, float, type(None))
    best, test = as_object(told.get("best") or {}), as_object(told.get("test") or {})
    return (
        isinstance(told.get("state"), str)
        and type(told.get("epoch", 0)) is type(told.get("epochs", 0)) is int
        and type(told.get("pid")) in (int, type(None))
        and best is not None
        and (not best or (isinstance(best.get("metric"), str) and type(best.get("epoch")) is int))
        and type(best.get("value")) in number
        and test is not None
        and all(type(value) in number for value in test.values())
    )


def _is_training(run: Run, status: Status) -> bool:
    locked = is_locked(run.path)
    if locked is not None:
        return locked
    return status.host != socket.gethostname() or (status.pid is not None and _alive(status.pid))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
