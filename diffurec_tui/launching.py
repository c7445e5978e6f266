"""Starts trainings: what is asked for, checked as far as that takes no torch, and the command that does it.

A training is a process of `diffurec train --detach`, which outlives whoever started it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from diffurec.config import Config
from diffurec.data.dataset import Dataset, open_dataset
from diffurec.errors import UserError
from diffurec.recipe import build_config, load_recipe, parse_overrides

COMMAND = (sys.executable, "-m", "diffurec_tui.cli.main", "train")
DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


@dataclass(frozen=True)
class Plan:
    """A training as it is typed."""

    data: str
    recipe: str
    settings: str
    """section.key=value, with spaces between."""
    device: str
    out: str

    @property
    def arguments(self) -> list[str]:
        """What `diffurec train` is to be told.

        Raises:
            UserError: a quote of the settings is not closed.
        """
        chosen = [argument for setting in pieces(self.settings) for argument in ("--set", setting)]
        data = str(Path(self.data).expanduser())
        return [data, "--recipe", self.recipe, *chosen, "--device", self.device, "--out", self.out]

    def dataset(self) -> Dataset:
        """Raises UserError where there is none."""
        if not self.data.strip():
            raise UserError("the folder of a data set, as `diffurec data prepare` makes it")
        return open_dataset(Path(self.data).expanduser())

    def config(self) -> Config:
        """Raises UserError where recipe and settings make none."""
        return build_config(load_recipe(self.recipe), parse_overrides(pieces(self.settings)))

    def check_rest(self) -> None:
        """Raises UserError where device or run folder are none."""
        if not DEVICE.fullmatch(self.device):
            raise UserError(f"--device {self.device}: there are auto, cpu, cuda and cuda:N")
        if not self.out.strip():
            raise UserError("--out: a folder for the run")
        if Path(self.out).exists():
            raise UserError(f"{self.out}: exists already; name another folder")


def pieces(settings: str) -> list[str]:
    """Settings one by one; a value with spaces is in quotes."""
    try:
        return shlex.split(settings)
    except ValueError as error:
        raise UserError(f"--set {settings}: {error}") from None


def free_folder(folder: Path, data: str, recipe: str) -> Path:
    """A name for a run that is not taken: data and recipe, and a number if it must be."""
    name = f"{Path(data).expanduser().name or 'run'}-{Path(recipe).stem}"
    path, number = folder / name, 2
    while path.exists():
        path, number = folder / f"{name}-{number}", number + 1
    return path


class Launcher(Protocol):
    """Starts a training; a test starts none."""

    def __call__(self, arguments: Sequence[str]) -> None:
        """Come back when it has begun. Raises UserError where it has not."""
        ...


def launch(arguments: Sequence[str]) -> None:
    """Start `diffurec train` in the background, and come back when it has begun.

    Raises:
        UserError: it has not, in the words of the command.
    """
    try:
        done = subprocess.run(
            [*COMMAND, *arguments, "--detach", "--json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        raise UserError(f"no process can be started ({error.strerror})") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].removeprefix("error: ") if lines else f"it ended with status {done.returncode}"
        raise UserError(said)
