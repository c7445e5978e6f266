"""Reading a pickle that may hold dict, list, tuple, int and str, and nothing else.

Pickle is a small program, dangerous through the names it may look up and call. Here the instructions that
call anything do not exist and every look-up is refused; what was built is then walked, and any other type
refused as well.

The Python implementation is used, not the C one, for two things that a made-up file can do to the latter:
a place in the memo that takes all memory, and a key so deeply nested that hashing it ends the process.
"""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

from diffurec.errors import UserError

_SCALARS = frozenset({int, str})
# Instructions that build plain values, or look something up, which `_Unpickler` refuses by name.
_INSTRUCTIONS = frozenset(
    {
        "PROTO", "FRAME", "STOP", "MARK", "POP", "POP_MARK", "DUP", "GET", "BINGET", "LONG_BINGET", "PUT",
        "BINPUT", "LONG_BINPUT", "MEMOIZE", "EMPTY_DICT", "DICT", "SETITEM", "SETITEMS", "EMPTY_LIST",
        "LIST", "APPEND", "APPENDS", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "INT", "BININT",
        "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "NONE", "NEWTRUE", "NEWFALSE", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
        "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "GLOBAL", "STACK_GLOBAL", "INST",
        "PERSID", "BINPERSID",
    }
)  # fmt: skip


class _Dispatch(dict[int, Callable[[Any], None]]):
    def __missing__(self, code: int) -> NoReturn:
        name = next((op.name for op in pickletools.opcodes if ord(op.code) == code), hex(code))
        kind = {"EMPTY_SET": "set", "FROZENSET": "frozenset", "BYTEARRAY8": "bytearray"}.get(name)
        raise _RefusedError(f"it holds a {kind}" if kind else f"it has the instruction {name}")


class _Unpickler(pickle._Unpickler):  # pyright: ignore[reportPrivateUsage]
    dispatch = _Dispatch(
        {
            ord(op.code): pickle._Unpickler.dispatch[ord(op.code)]  # pyright: ignore[reportPrivateUsage]
            for op in pickletools.opcodes
            if op.name in _INSTRUCTIONS
        }
    )
    stack: list[Any]
    pop_mark: Callable[[], list[Any]]

    def find_class(self, module: str, name: str) -> NoReturn:
        raise _RefusedError(f"it refers to {module}.{name}"[:120])

    def persistent_load(self, pid: object) -> NoReturn:
        raise _RefusedError("it refers to an object outside the file")

    def _set(self, target: object, pairs: Sequence[Any]) -> None:
        """Put pairs (key, value, key, value, …) into a dict; a key that takes long to hash is refused."""
        if type(target) is not dict:
            raise pickle.UnpicklingError("an entry for what is no dict")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if type(key) not in _SCALARS:
                raise _RefusedError(f"it holds a key that is a {type(key).__name__}")
            target[key] = value

    def load_dict(self) -> None:
        pairs = self.pop_mark()
        self.stack.append({})
        self._set(self.stack[-1], pairs)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set(self.stack[-1], (key, value))

    def load_setitems(self) -> None:
        pairs = self.pop_mark()
        self._set(self.stack[-1], pairs)

    dispatch[ord("d")] = load_dict
    dispatch[ord("s")] = load_setitem
    dispatch[ord("u")] = load_setitems


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
