"""Source files on disk: unpacking, the one pass over their bytes, and what to call them in a message."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from diffurec.errors import UserError

CHUNK = 1 << 22
LONGEST_LINE = 1 << 26  # bytes looked at
LONGEST_FIELD = 1 << 27  # characters; the csv module's own limit of 128 KiB is less than a long review
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Scan:
    """What one pass over a file's bytes tells."""

    sha256: str
    size: int  # bytes
    has_nul: bool
    has_quote: bool  # any " at all
    separators: int  # occurrences of the separator asked for


@contextmanager
def readable(path: Path) -> Generator[None]:
    """Turn what reading `path` may raise into one line for the user.

    Raises:
        UserError: the file is missing, not permitted, a broken gzip or a cut one.
    """
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path}: the gzip data is damaged or cut short ({error}); get the file anew"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None


def is_gzip(path: Path) -> bool:
    with readable(path), path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where it is gzip."""
    return cast("BinaryIO", gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")


def head(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of the (unpacked) file, cut at its last whole line where it goes on after them.

    More than `size` bytes where the first line is longer.
    """
    with readable(path), open_bytes(path) as file:
        start = file.read(size)
        if b"\n" not in start:
            start += file.readline(LONGEST_LINE)
        if file.read(1) and b"\n" in start:
            start = start[: start.rindex(b"\n") + 1]
    return start


def spool(path: Path, into: Path, replace: tuple[bytes, bytes] | None = None) -> Path:
    """Copy `path` unpacked into the folder `into`, with one byte string replaced by another.

    Returns the copy. Lines keep their numbers: neither string holds a line break.
    """
    target = into / f"spool-{path.name}"
    with readable(path), open_bytes(path) as file, target.open("wb") as copy:
        carry = b""
        while chunk := file.read(CHUNK):
            if replace is None:
                copy.write(chunk)
                continue
            chunk = carry + chunk
            # A separator may lie across two chunks: hold its possible beginning back.
            keep = len(chunk) - len(chunk.rstrip(replace[0][:1]))
            carry = chunk[len(chunk) - keep :]
            copy.write(chunk[: len(chunk) - keep].replace(*replace))
        copy.write(carry.replace(*replace) if replace else b"")
    return target


def scan(path: Path, separator: bytes = b"") -> Scan:
    """Hash a file and look for the bytes that decide how it may be read, in one pass."""
    digest = hashlib.sha256()
    size = separators = 0
    has_nul = has_quote = False
    with readable(path), path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            has_nul = has_nul or b"\0" in chunk
            has_quote = has_quote or b'"' in chunk
            if separator:
                separators += chunk.count(separator)
    return Scan(digest.hexdigest(), size, has_nul, has_quote, separators)
