"""The lines of a file that another process writes, each once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 1 << 20
"""Bytes of a line beyond which it is passed over, so that no file can fill the memory."""
REMEMBERED = 256
"""Bytes before the place reached that must be the same when more is read."""


class Tail:
    """Reads on where it stopped; starts anew where the file is another one or has been cut."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """Why it cannot be read; empty where it can, or is not there yet."""
        self.there = False
        self.size = 0
        self._restart()

    def _restart(self) -> None:
        self.offset = 0
        self._file: tuple[int, int] | None = None
        self._changed: tuple[int, int] | None = None
        self._before = b""
        self._partial: list[bytes] = []
        self._partial_size = 0

    @property
    def behind(self) -> int:
        """Bytes that are not read yet."""
        return max(0, self.size - self.offset)

    def read(self, most: int) -> tuple[bool, list[bytes | None]]:
        """The lines ended since the last call, as far as `most` bytes go.

        Returns:
            Whether all lines before are void, since the file is another one; and the lines without their
            ends, None for one that is too long.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                self.trouble, self.there = "", True
                return self._read(file, most)
        except (FileNotFoundError, NotADirectoryError):
            self.there, self.trouble = False, ""
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror or error}"
        return False, []

    def _read(self, file: BinaryIO, most: int) -> tuple[bool, list[bytes | None]]:
        facts = os.fstat(file.fileno())
        self.size = facts.st_size
        changed = (facts.st_mtime_ns, facts.st_size)
        if changed == self._changed and facts.st_size <= self.offset and self._file == _identity(facts):
            return False, []
        again = self._file is not None and not self._same(file, facts)
        if again:
            self._restart()
        self._file, self._changed = _identity(facts), changed
        file.seek(self.offset)
        data = file.read(min(most, max(0, facts.st_size - self.offset))) or b""
        self.offset += len(data)
        self._before = (self._before + data)[-REMEMBERED:]
        return again, self._lines(data)

    def _same(self, file: BinaryIO, facts: os.stat_result) -> bool:
        """Whether what was read is still in the file: a resumed training cuts it and writes on."""
        if self._file != _identity(facts) or facts.st_size < self.offset:
            return False
        file.seek(self.offset - len(self._before))
        return file.read(len(self._before)) == self._before

    def _lines(self, data: bytes) -> list[bytes | None]:
        *ended, rest = data.split(b"\n")
        lines: list[bytes | None] = []
        for part in ended:
            self._keep(part)
            lines.append(b"".join(self._partial) if self._partial_size <= LONGEST_LINE else None)
            self._partial, self._partial_size = [], 0
        self._keep(rest)
        return lines

    def _keep(self, part: bytes) -> None:
        """Add to the line that has not ended."""
        self._partial_size += len(part)
        if self._partial_size <= LONGEST_LINE:
            self._partial.append(part)
        else:
            self._partial = []


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino
