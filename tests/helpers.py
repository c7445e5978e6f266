"""Small data sets and runs made by hand, for tests of everything that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig, TrainConfig
from diffurec.data.dataset import FORMAT, VERSION, Dataset, fingerprint, open_dataset
from diffurec.files import write_json
from diffurec.run import Run, create_run


def write_dataset(
    path: Path,
    sequences: Sequence[Sequence[int]],
    num_items: int,
    *,
    user_ids: Sequence[str] | None = None,
    titles: Sequence[str] | None = None,
    name: str = "toy",
) -> Dataset:
    """A dataset folder with these sequences, cut leave-one-out."""
    path.mkdir(parents=True)
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    items = np.array([item for sequence in sequences for item in sequence], dtype=np.int32)
    test_start = np.where(lengths >= 2, lengths - 1, lengths)
    val_start = np.where(lengths >= 3, lengths - 2, test_start)
    boundaries = np.stack([val_start, test_start], axis=1).astype(np.int32)
    return write_arrays(
        path, offsets, items, boundaries, num_items, user_ids=user_ids, titles=titles, name=name
    )


def write_arrays(
    path: Path,
    offsets: np.ndarray,
    items: np.ndarray,
    boundaries: np.ndarray,
    num_items: int,
    *,
    user_ids: Sequence[str] | pl.Series | None = None,
    titles: Sequence[str] | None = None,
    name: str = "toy",
) -> Dataset:
    """A dataset folder out of finished arrays."""
    path.mkdir(parents=True, exist_ok=True)
    for stem, array in (("offsets", offsets), ("items", items), ("boundaries", boundaries)):
        np.save(path / f"{stem}.npy", array)
    users = len(offsets) - 1
    ids = [f"user{user}" for user in range(users)] if user_ids is None else user_ids
    pl.DataFrame({"user_id": ids, "interactions": np.diff(offsets).astype(np.uint32)}).write_parquet(
        path / "users.parquet"
    )
    counts = np.bincount(items, minlength=num_items + 1)[1:]
    pl.DataFrame(
        {
            "item_id": [f"i{item}" for item in range(1, num_items + 1)],
            "title": list(titles) if titles else [f"Title {item}" for item in range(1, num_items + 1)],
            "categories": [""] * num_items,
            "interactions": counts.astype(np.uint32),
        }
    ).write_parquet(path / "items.parquet")
    info: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "name": name,
        "users": users,
        "items": num_items,
        "interactions": len(items),
        "split": "leave-one-out",
        "sha256": fingerprint(offsets, items, boundaries),
    }
    write_json(path / "dataset.json", info)
    return open_dataset(path)


def make_dataset(
    path: Path,
    users: int = 40,
    items: int = 60,
    *,
    max_length: int = 20,
    seed: int = 0,
    titles: Sequence[str] | None = None,
    user_ids: Sequence[str] | None = None,
) -> Dataset:
    """Random sequences of 3 to `max_length` items; the first user has a single one, and so no target."""
    rng = np.random.default_rng(seed)
    sequences = [rng.integers(1, items + 1, rng.integers(3, max_length + 1)).tolist() for _ in range(users)]
    sequences[0] = sequences[0][:1]
    return write_dataset(path, sequences, items, titles=titles, user_ids=user_ids)


def small_config(
    *, steps: int = 32, hidden_size: int = 32, lambda_mean: float = 0.001, max_len: int = 12
) -> Config:
    return Config(
        data=DataConfig(max_len=max_len),
        model=ModelConfig(hidden_size=hidden_size, num_blocks=2, num_heads=2, lambda_mean=lambda_mean),
        diffusion=DiffusionConfig(steps=steps),
        train=TrainConfig(epochs=5, batch_size=64),
    )


def make_run(
    path: Path,
    dataset: Dataset,
    config: Config | None = None,
    *,
    seed: int = 0,
    weights: Sequence[str] = ("best",),
) -> Run:
    """A run folder with random weights, as a training would leave it."""
    run = create_run(path, config or small_config(), dataset, device="cpu", command="test", notes={})
    for stem in weights:
        write_weights(run, stem, seed=seed)
    return run


def write_weights(run: Run, stem: str = "best", *, seed: int = 0, epoch: int = 3) -> Path:
    """Random weights as a checkpoint of the run."""
    import torch

    from diffurec.checkpoint import save_checkpoint
    from diffurec.model import DiffuRec

    torch.manual_seed(seed)
    model = DiffuRec(run.num_items, run.config)
    target = run.path / f"{stem}.safetensors"
    save_checkpoint(
        target, model.state_dict(), {"step": 120, "epoch": epoch, "metrics": {"HR@10": 8.9, "NDCG@10": 4.5}}
    )
    return target


def make_many_users(path: Path, users: int, items: int = 1000, *, seed: int = 0) -> Dataset:
    """A data set of any number of users at once: 3 to 12 items each, ids like A00042X."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 13, users)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    sequence = rng.integers(1, items + 1, offsets[-1]).astype(np.int32)
    boundaries = np.stack([lengths - 2, lengths - 1], axis=1).astype(np.int32)
    ids = pl.select(pl.lit("A") + pl.arange(0, users).cast(pl.String).str.zfill(7) + pl.lit("X")).to_series()
    return write_arrays(path, offsets, sequence, boundaries, items, user_ids=ids)
