"""Checkpoints: safetensors files, written atomically and loaded without unpickling.

A file holds the model's parameters under their own names. `last.safetensors` holds besides, under
`training/…`, what an exact resume needs: the optimiser's moments and the random generators' states.
One file, one rename: weights and training state can never be of different steps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from diffurec.errors import UserError
from diffurec.files import clean, write_atomically

_TRAINING = "training/"
_META = "diffurec"


@dataclass(frozen=True)
class Checkpoint:
    """The content of a weights file."""

    weights: dict[str, Tensor]
    training: dict[str, Tensor]
    """Empty for a file that one cannot resume from, and where only weights were asked for."""
    meta: dict[str, Any]
    """step, epoch, metrics, …: JSON values."""


def save_checkpoint(
    path: Path,
    weights: Mapping[str, Tensor],
    meta: Mapping[str, Any],
    training: Mapping[str, Tensor] | None = None,
) -> None:
    """Replace `path` atomically.

    Raises:
        UserError: it cannot be written; the file that was there is intact.
    """
    tensors = {name: tensor.detach().contiguous() for name, tensor in weights.items()}
    tensors |= {_TRAINING + name: tensor.contiguous() for name, tensor in (training or {}).items()}
    header = {_META: json.dumps(clean(meta))}
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata=header))


def load_checkpoint(path: Path, *, with_training: bool = False) -> Checkpoint:
    """Read a weights file onto the CPU.

    Raises:
        UserError: missing, or not a weights file of this program.
    """
    weights: dict[str, Tensor] = {}
    training: dict[str, Tensor] = {}
    try:
        with safe_open(path, framework="pt", device="cpu") as file:  # pyright: ignore[reportUnknownVariableType]
            header = cast("dict[str, str]", file.metadata() or {})
            for name in cast("list[str]", file.keys()):
                if not name.startswith(_TRAINING):
                    weights[name] = file.get_tensor(name)
                elif with_training:
                    training[name.removeprefix(_TRAINING)] = file.get_tensor(name)
    except FileNotFoundError:
        raise UserError(f"{path}: no such weights file") from None
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a readable safetensors file ({error})") from None
    if _META not in header:
        raise UserError(f"{path}: these weights were not saved by diffurec; see `diffurec import-weights`")
    try:
        meta: Any = json.loads(header[_META])
    except (ValueError, RecursionError):
        meta = None
    if not isinstance(meta, dict):
        raise UserError(f"{path}: its header is damaged; take another weights file of the run")
    return Checkpoint(weights, training, cast("dict[str, Any]", meta))
