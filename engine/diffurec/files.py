"""Writing files so that a crash, a kill or a full disk never costs what was there before."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError

from diffurec.errors import UserError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary sibling, sync it to disk, and rename it over `path`.

    Raises:
        UserError: the disk is full, the folder read-only, …; `path` is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    except (OSError, SafetensorError) as error:
        raise cannot_write(path, error) from None
    finally:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make a file, or the renames in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot_write(path: Path, error: Exception) -> UserError:
    """The one line for a write that failed."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UserError(f"{path}: cannot be written ({reason}); what was saved before is intact")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace `path` by a JSON object. Raises UserError where it cannot be written."""
    text = json.dumps(clean(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_atomically(path, write)


def write_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Replace `path` by an array, in a folder that is made where it is missing.

    Raises:
        UserError: it cannot be written.
        OSError: its folder cannot be made.
    """

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # by its name np.save would add an ending
            np.save(file, array)

    path.parent.mkdir(exist_ok=True)
    write_atomically(path, write)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from `path`.

    Raises:
        UserError: missing, unreadable or not an object.
    """
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None
    if not isinstance(value, dict):
        raise UserError(f"{path}: not a JSON object")
    return cast("dict[str, Any]", value)


def clean(value: Any) -> Any:
    """`value` with every NaN and infinity as None, which JSON has a word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): clean(entry) for key, entry in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [clean(entry) for entry in cast("list[Any]", value)]
    return value


def as_object(value: object) -> dict[str, Any] | None:
    """`value` if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
