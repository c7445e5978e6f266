"""Reading a pickle that may hold dict, list, tuple, int and str, and nothing else.

Pickle is a small program, dangerous through the names it may look up and call. Here every look-up is
refused, so nothing can be called, and what was built is then walked: any other type is refused as well.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn, cast

from diffurec.errors import UserError

_SCALARS = frozenset({int, str})


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> NoReturn:
        raise _RefusedError(f"it refers to {module_name}.{global_name}"[:120])

    def persistent_load(self, pid: object) -> NoReturn:
        raise _RefusedError("it refers to an object outside the file")


class _RefusedError(Exception):
    pass


def load(path: Path, source: str) -> Any:
    """The object in a pickle file, built of dict, list, tuple, int and str alone.

    `source` is the file's name for messages.

    Raises:
        UserError: the file is missing, is no pickle, is cut short, or holds or calls anything else.
    """
    try:
        with path.open("rb") as file:
            value = _Unpickler(file).load()
        _check_types(value)
    except _RefusedError as error:
        raise UserError(
            f"{source}: refused, {error}; only a pickle of dict, list, tuple, int and str is read"
            " (nothing was run)"
        ) from None
    except OSError as error:
        raise UserError(f"{source}: cannot be read ({error.strerror})") from None
    except Exception as error:  # a broken pickle may raise nearly anything
        reason = str(error) or type(error).__name__
        raise UserError(f"{source}: not a readable pickle ({reason[:120]}); get the file anew") from None
    return value


def _check_types(value: object) -> None:
    # An explicit stack and a set of visited containers: pickles may nest deeply and refer to themselves.
    stack: list[Any] = [value]
    seen: set[int] = set()
    while stack:
        current = stack.pop()
        kind = cast("type[object]", type(current))
        if kind in _SCALARS:
            continue
        if kind not in (dict, list, tuple):
            raise _RefusedError(f"it holds a {kind.__name__}")
        if id(current) in seen:
            continue
        seen.add(id(current))
        parts: list[Any] = [*current.keys(), *current.values()] if kind is dict else list(current)
        stack.extend(part for part in parts if type(part) not in _SCALARS)
