"""What a search varies: settings by their names, each with a range or choices, as a TOML table.

[space]
"train.learning_rate" = { low = 1e-3, high = 1e-2, log = true }
"model.num_blocks" = [1, 2]
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Protocol, cast

from diffurec.config import Config, flatten
from diffurec.errors import UserError
from diffurec.recipe import build_config

_RANGE_KEYS = {"low", "high", "log"}


class Suggests(Protocol):
    """What a trial of the search library gives."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float: ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int: ...

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any: ...


@dataclass(frozen=True)
class Dimension:
    """One setting: a range, in whole numbers if both ends are, or choices."""

    key: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Any, ...] = ()

    def suggest(self, trial: Suggests) -> Any:
        if self.choices:
            return trial.suggest_categorical(self.key, list(self.choices))
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.key, self.low, self.high, log=self.log)
        return trial.suggest_float(self.key, self.low, self.high, log=self.log)

    @property
    def ends(self) -> tuple[Any, ...]:
        return self.choices or (self.low, self.high)


def load_space(path: Path | None = None) -> tuple[Dimension, ...]:
    """The dimensions of a TOML file, or of the space that comes with the program.

    Raises:
        UserError: unreadable, an unknown setting, or a value that the setting cannot have.
    """
    source = "the shipped space" if path is None else f"--space {path}"
    shipped = resources.files("diffurec_assets") / "spaces" / "default.toml"
    try:
        text = shipped.read_text(encoding="utf-8") if path is None else path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{source}: cannot be read ({error})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"{source}: not valid TOML: {error}") from None
    space = tables.get("space")
    if not isinstance(space, dict) or not space or len(tables) > 1:
        raise UserError(f"{source}: must be one table, [space], of settings")
    return tuple(_dimension(source, *entry) for entry in cast("dict[str, Any]", space).items())


def _dimension(source: str, key: str, told: Any) -> Dimension:
    if key == "train.seed":
        raise UserError(f"{source}: train.seed is no setting to choose a model by")
    if isinstance(told, list) and told:
        found = Dimension(key, choices=tuple(cast("list[Any]", told)))
    elif isinstance(told, Mapping):
        found = _range(source, key, cast("Mapping[str, Any]", told))
    else:
        raise UserError(f"{source}: {key}: give choices, [1, 2], or a range, {{ low = 1, high = 2 }}")
    for value in found.ends:  # both ends of a range in range: so is what lies between
        _refuse_unknown(source, key, value)
    return found


def _range(source: str, key: str, told: Mapping[str, Any]) -> Dimension:
    low, high, log = told.get("low"), told.get("high"), told.get("log", False)
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high))
    if set(told) - _RANGE_KEYS or not numbers or not isinstance(log, bool):
        raise UserError(f"{source}: {key}: a range has low, high and, if one likes, log = true")
    if not low < high or (log and low <= 0):  # pyright: ignore[reportOptionalOperand, reportOperatorIssue]
        raise UserError(f"{source}: {key}: low must be below high, and above 0 with log = true")
    whole = isinstance(flatten(Config()).get(key), int)
    ends = (low, high) if whole else (float(cast("float", low)), float(cast("float", high)))
    return Dimension(key, low=cast("float", ends[0]), high=cast("float", ends[1]), log=log)


def _refuse_unknown(source: str, key: str, value: Any) -> None:
    section, _, name = key.partition(".")
    try:
        build_config({section: {name: value}})
    except UserError as error:
        raise UserError(f"{source}: {error}") from None
