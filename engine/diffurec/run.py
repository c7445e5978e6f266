"""The run folder: everything that one training leaves behind, and all that the explorer needs.

config.json        configuration, data fingerprint, seed, versions, git commit, device
status.json        running, finished or interrupted; process, progress
metrics.jsonl      append-only: step, epoch, split, wall_time, values, system
best.safetensors   weights of the epoch with the best validation figure
last.safetensors   weights of the last save, and the state to resume from
items.parquet      titles, so that a copied run explains itself
evaluation/        a dataset folder with the evaluated users' recent items, likewise
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffurec import __version__
from diffurec.config import Config
from diffurec.data.dataset import MOST, Dataset, open_dataset
from diffurec.data.subset import copy_recent
from diffurec.errors import UserError
from diffurec.files import as_object, cannot_write, read_json, write_json
from diffurec.recipe import build_config

FORMAT = "diffurec-run"
VERSION = 1


@dataclass(frozen=True)
class Run:
    """An opened run folder."""

    path: Path
    config: Config
    info: Mapping[str, Any]
    """The whole of config.json."""
    chosen_weights: Path | None = None
    """The weights file named on the command line, if one was."""

    @property
    def num_items(self) -> int:
        return int(self.info["data"]["items"])

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def best_path(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last_path(self) -> Path:
        return self.path / "last.safetensors"

    @property
    def weights_path(self) -> Path:
        """The weights file that was named, else the best, else (early in training) the last.

        Raises:
            UserError: nothing is saved yet.
        """
        candidates = [self.chosen_weights] if self.chosen_weights else [self.best_path, self.last_path]
        for path in candidates:
            if path.is_file():
                return path
        raise UserError(f"{self.path}: no weights saved yet; wait for the first checkpoint of the training")

    def dataset(self, override: str | Path | None = None) -> Dataset:
        """The data this run was trained on, or the run's own copy of its evaluation users.

        Args:
            override: a dataset folder named by the user; it must have the run's catalogue.

        Raises:
            UserError: neither is there, or the catalogues differ.
        """
        if override is not None:
            dataset = open_dataset(override)
            if dataset.num_items != self.num_items:
                raise UserError(
                    f"{override}: has {dataset.num_items} items, the run was trained on {self.num_items}"
                )
            return dataset
        original = Path(str(self.info["data"]["path"]))
        if (original / "dataset.json").is_file():
            dataset = open_dataset(original)
            if dataset.sha256 == self.info["data"]["sha256"]:
                return dataset
        copy = self.path / "evaluation"
        if (copy / "dataset.json").is_file():
            return open_dataset(copy)
        raise UserError(
            f"{self.path}: neither its dataset ({original}) nor its own copy of the users (evaluation/)"
            " is there; name the dataset with --data DIR"
        )

    @property
    def items_path(self) -> Path | None:
        """Titles of the catalogue: the run's own copy, if there is one."""
        path = self.path / "items.parquet"
        return path if path.is_file() else None


def create_run(
    path: Path, config: Config, dataset: Dataset, *, device: str, command: str, notes: Mapping[str, Any]
) -> Run:
    """Make a new run folder for a training on `dataset`.

    Raises:
        UserError: the folder exists already, or cannot be written.
    """
    if path.exists():
        raise UserError(
            f"{path}: exists already; continue it with --resume or name another folder with --out"
        )
    info = {
        "format": FORMAT,
        "version": VERSION,
        "name": path.name,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "config": asdict(config),
        "data": {
            "name": dataset.name,
            "path": str(dataset.path.resolve()),
            "sha256": dataset.sha256,
            "users": dataset.num_users,
            "items": dataset.num_items,
            "interactions": len(dataset.items),
            "split": dataset.info["split"],
        },
        "seed": config.train.seed,
        "device": device,
        "command": command,
        "versions": versions(),
        "git_commit": _git_commit(),
        **notes,
    }
    staging = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        staging.mkdir(parents=True)
        items = dataset.path / "items.parquet"
        if items.is_file():
            shutil.copyfile(items, staging / "items.parquet")
        copy_recent(dataset, staging / "evaluation", keep=config.data.max_len + 2)
        write_json(staging / "config.json", info)
        staging.rename(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Run(path, config, info)


def open_run(path: str | Path) -> Run:
    """Open a run folder, or the run folder of a weights file in it.

    Raises:
        UserError: it is neither.
    """
    given = Path(path)
    chosen = given if given.suffix == ".safetensors" else None
    folder = given.parent if chosen else given
    if not given.exists():
        raise UserError(f"{given}: does not exist; name a run folder or a weights file in one")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: is not a run folder (no config.json); make one with `diffurec train`")
    info = read_json(folder / "config.json")
    if info.get("format") != FORMAT:
        raise UserError(f"{folder / 'config.json'}: not the configuration of a diffurec run")
    if info.get("version") != VERSION:
        raise UserError(f"{folder}: run version {info.get('version')!r}, this program reads {VERSION}")
    if not _complete(info):
        raise UserError(f"{folder / 'config.json'}: its facts of the data are damaged; restore the file")
    try:
        config = build_config(info.get("config"))
    except UserError as error:
        raise UserError(f"{folder / 'config.json'}: {error}") from None
    return Run(folder, config, info, chosen)


def _complete(info: Mapping[str, Any]) -> bool:
    data = as_object(info.get("data"))
    return (
        data is not None
        and all(isinstance(data.get(key), str) for key in ("name", "path", "sha256"))
        and type(data.get("items")) is int
        and 1 <= data["items"] <= MOST
        and isinstance(info.get("recipe"), str | None)
        and isinstance(info.get("device"), str)
    )


def versions() -> dict[str, str]:
    """Of this program and of what its numbers depend on."""
    from importlib import metadata  # slow to import, and the explorer never asks

    found = {"diffurec": __version__, "python": platform.python_version()}
    for package in ("torch", "numpy", "safetensors"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def _git_commit() -> str | None:
    """Commit of the checkout this program runs from; None for an installed copy."""
    source = Path(__file__).resolve().parents[2]
    if not (source / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40"],
            cwd=source,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
