"""In which settings runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from diffurec_tui.widgets.text import clean

NOT_SETTINGS = ("format", "version", "name", "created", "command", "data.path")


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Settings by their full name."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            found |= flat(cast("dict[str, Any]", value), f"{name}.")
        else:
            found[name.removeprefix("config.")] = value
    return found


def differences(configs: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """The settings that are not alike in all, with the value of each; those a run has not are empty."""
    settings = [flat(config) for config in configs]
    names = dict.fromkeys(name for one in settings for name in one)
    told = [
        (clean(name), [clean(_told(one[name])) if name in one else "" for one in settings])
        for name in names
        if name not in NOT_SETTINGS
    ]
    return [(name, values) for name, values in told if len(set(values)) > 1]


def _told(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return str(value)
