"""What a weights file says of itself, read without torch: its header, and a name for its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffurec.errors import UserError

_LARGEST_HEADER = 100 * 2**20  # the format's own limit


@dataclass(frozen=True)
class WeightsFacts:
    """The header of a checkpoint."""

    path: Path
    meta: Mapping[str, Any]

    @property
    def label(self) -> str:
        """`best`, `last`, or the file's name."""
        return self.path.stem

    @property
    def epoch(self) -> int | None:
        epoch = self.meta.get("epoch")
        return epoch if isinstance(epoch, int) else None

    def metric(self, name: str) -> float | None:
        """A validation figure in percent, None where the file has none."""
        metrics = self.meta.get("metrics")
        value = metrics.get(name) if isinstance(metrics, Mapping) else None  # pyright: ignore[reportUnknownVariableType]
        return float(value) if isinstance(value, (int, float)) else None


def read_weights_facts(path: Path) -> WeightsFacts:
    """Read the header of a safetensors file: 8 bytes of length, then JSON.

    Raises:
        UserError: missing or not a safetensors file.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= _LARGEST_HEADER:
                raise ValueError("no header")
            header: dict[str, Any] = json.loads(file.read(length))
            meta: dict[str, Any] = json.loads(header.get("__metadata__", {}).get("diffurec", "{}"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such weights file") from None
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a readable safetensors file ({error})") from None
    return WeightsFacts(path, meta)


def content_name(path: Path) -> str:
    """A short name for exactly these bytes, the same wherever the file is copied to."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
