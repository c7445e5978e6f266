"""Recipes and overrides: TOML tables and `section.key=value` strings into a `Config`."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from diffurec.config import Config
from diffurec.errors import UserError

_SECTIONS: dict[str, type[Any]] = get_type_hints(Config)


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the program."""
    folder = resources.files("diffurec_assets") / "recipes"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load_recipe(name: str) -> dict[str, dict[str, Any]]:
    """The tables of a shipped recipe, or of a TOML file.

    Raises:
        UserError: no such recipe or file, or not valid TOML.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--recipe {name}: cannot be read ({error})") from None
    elif name in shipped_recipes():
        text = (resources.files("diffurec_assets") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    else:
        known = ", ".join(shipped_recipes())
        raise UserError(f"--recipe {name}: no such recipe; there are {known}, or name a .toml file")
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(f"--recipe {name}: not valid TOML: {error}") from None
    return _checked(tables, f"--recipe {name}: ")


def parse_overrides(overrides: Iterable[str]) -> dict[str, dict[str, Any]]:
    """`["model.hidden_size=64", …]` as tables. Values are TOML; a bare word is a string."""
    tables: dict[str, dict[str, Any]] = {}
    for text in overrides:
        key, equals, raw = text.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot and name):
            raise UserError(f"--set {text}: expected section.key=value, as in model.hidden_size=64")
        try:
            parsed = tomllib.loads(f"value = {raw}")
            value = parsed["value"] if len(parsed) == 1 else raw.strip()
        except (tomllib.TOMLDecodeError, RecursionError):
            value = raw.strip()
        tables.setdefault(section.strip(), {})[name.strip()] = value
    return _checked(tables, "--set ")


def build_config(*layers: object) -> Config:
    """Lay tables over the defaults, the later over the earlier, and check every key and value.

    Raises:
        UserError: an unknown section or key (the message has the nearest valid one), a wrong type,
            a value out of range.
    """
    merged: dict[str, dict[str, Any]] = {section: {} for section in _SECTIONS}
    for layer in layers:
        for section, table in _checked(layer, "").items():
            merged[section] |= table
    return Config(**{section: _SECTIONS[section](**table) for section, table in merged.items()})


def _checked(layer: object, source: str) -> dict[str, dict[str, Any]]:
    """Tables with known keys and values of the right type; `source` begins every message."""
    if not isinstance(layer, Mapping):
        raise UserError(f"{source}the configuration must be tables of keys")
    checked: dict[str, dict[str, Any]] = {}
    for section, table in cast("Mapping[str, Any]", layer).items():
        if section not in _SECTIONS:
            raise UserError(f"{source}{section}: no such section{_nearest(section, _SECTIONS)}")
        if not isinstance(table, Mapping):
            raise UserError(f"{source}{section}: must be a table of keys, [{section}]")
        hints = get_type_hints(_SECTIONS[section])
        checked[section] = {}
        for key, value in cast("Mapping[str, Any]", table).items():
            if key not in hints:
                raise UserError(
                    f"{source}{section}.{key}: no such key{_nearest(f'{section}.{key}', _keys())}"
                )
            checked[section][key] = _coerce(f"{source}{section}.{key}", value, hints[key])
    return checked


def _keys() -> list[str]:
    return [f"{section}.{f.name}" for section, kind in _SECTIONS.items() for f in dataclasses.fields(kind)]


def _nearest(name: str, names: Iterable[str]) -> str:
    candidates = list(names)
    # The part after the dot decides first: model.epochs is train.epochs gone astray.
    leaf = name.rpartition(".")[2]
    same_leaf = [candidate for candidate in candidates if candidate.rpartition(".")[2] == leaf]
    close = same_leaf or difflib.get_close_matches(name, candidates, n=1, cutoff=0.3)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(candidates)}"


def _coerce(key: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if value in choices:
            return value
        raise UserError(f"{key}={value}: must be one of {', '.join(map(str, choices))}")
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf  # refused as any other infinity
    words = {bool: "true or false", int: "a whole number", float: "a number"}
    raise UserError(f"{key}={json.dumps(value, default=str)}: must be {words.get(hint, hint)}")
