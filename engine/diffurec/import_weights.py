"""Weights trained with the authors' code as a run folder."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from diffurec.authors import authors_config, our_names
from diffurec.checkpoint import save_checkpoint
from diffurec.data.dataset import Dataset
from diffurec.errors import UserError
from diffurec.model import DiffuRec
from diffurec.recipe import build_config
from diffurec.run import Run, create_run
from diffurec.status import write_status


def import_authors_weights(
    source: Path,
    dataset: Dataset,
    out: Path,
    *,
    steps: int = 32,
    schedule: str = "trunc_lin",
    lambda_mean: float = 0.001,
    max_len: int = 50,
    num_heads: int = 4,
) -> Run:
    """Make a run folder from a state dict (`.pt`, loaded weights-only, or `.safetensors`).

    The sizes are read off the weights; what a state dict does not tell comes as arguments.

    Raises:
        UserError: unreadable, not the authors' model, or of another catalogue than `dataset`.
    """
    try:
        state = our_names(_read(source))
    except UserError as error:
        message = str(error)
        raise UserError(message if message.startswith(str(source)) else f"{source}: {message}") from None
    items = state["item_embeddings.weight"].shape[0] - 1
    if items != dataset.num_items:
        raise UserError(f"{source}: has {items} items, {dataset.path} has {dataset.num_items}")
    checked = build_config({"diffusion": {"schedule": schedule, "steps": steps}}).diffusion
    config = authors_config(
        state,
        max_len=max_len,
        num_heads=num_heads,
        steps=steps,
        schedule=checked.schedule,
        lambda_mean=lambda_mean,
    )
    model = DiffuRec(items, config)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise UserError(f"{source}: {str(error).splitlines()[-1].strip()}") from None
    run = create_run(
        out,
        config,
        dataset,
        device="cpu",
        command=f"import-weights {source.name}",
        notes={"recipe": "imported"},
    )
    save_checkpoint(
        run.best_path, model.state_dict(), {"epoch": 0, "step": 0, "metrics": {}, "imported": source.name}
    )
    write_status(run, "finished", epoch=0, epochs=0, best=None)
    return run


def _read(source: Path) -> dict[str, Tensor]:
    try:
        if source.suffix == ".safetensors":
            return load_file(source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch has to say of a foreign pickle, it says by raising
            loaded: Any = torch.load(source, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{source}: does not exist") from None
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        OSError,
        SafetensorError,
        ValueError,
        KeyError,
    ) as error:
        reason = str(error).split("\n", maxsplit=1)[0][:120]
        raise UserError(
            f"{source}: cannot be loaded as plain weights ({reason}); save model.state_dict()"
        ) from None
    if isinstance(loaded, dict):
        entries = cast("dict[Any, Any]", loaded)
        for wrapper in ("state_dict", "model", "model_state_dict"):
            if isinstance(entries.get(wrapper), dict):
                entries = cast("dict[Any, Any]", entries[wrapper])
        if entries and all(isinstance(value, Tensor) for value in entries.values()):
            return {str(name): value for name, value in entries.items()}
    raise UserError(f"{source}: is not a state dict; save model.state_dict()")
