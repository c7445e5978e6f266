"""metrics.jsonl: one JSON object a line, appended and flushed.

    {"step": 250, "epoch": 1, "split": "train", "wall_time": 1.7e9, "values": {"loss": 7.1, …}, "system": {…}}

`values` depend on seed and data alone and repeat exactly; `system` (speed, memory) and `wall_time` do not.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from diffurec.errors import UserError
from diffurec.files import cannot_write, clean

LogSplit = Literal["train", "val", "test"]


class MetricsLog:
    """Appends to a run's metrics.jsonl."""

    def __init__(self, path: Path, *, keep_bytes: int | None = None) -> None:
        """Open for appending.

        Args:
            path: the file; made if missing.
            keep_bytes: where a resumed training takes up: lines written after that checkpoint are
                cut off, for they are about to be written again.

        Raises:
            UserError: it cannot be opened, or is shorter than the checkpoint says.
        """
        self.path = path
        try:
            self._file: BinaryIO = path.open("ab")
            if keep_bytes is not None:
                if self._file.tell() < keep_bytes:
                    raise UserError(f"{path}: lines are missing that the checkpoint knows of; cannot resume")
                self._file.truncate(keep_bytes)
        except OSError as error:
            raise cannot_write(path, error) from None

    def append(
        self,
        *,
        step: int,
        epoch: int,
        split: LogSplit,
        values: Mapping[str, float],
        system: Mapping[str, float] | None = None,
    ) -> None:
        """Write a line. Raises UserError where the disk refuses it."""
        entry = {
            "step": step,
            "epoch": epoch,
            "split": split,
            "wall_time": round(time.time(), 3),
            "values": values,
            "system": system or {},
        }
        line = json.dumps(clean(entry), allow_nan=False) + "\n"
        try:
            self._file.write(line.encode())
            self._file.flush()
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def sync(self) -> int:
        """Make what is written durable and return its length in bytes."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise cannot_write(self.path, error) from None
        return self._file.tell()

    def close(self) -> None:
        """Let go of the file. What a full disk has refused once is refused again here, in silence."""
        with contextlib.suppress(OSError):
            self._file.close()
