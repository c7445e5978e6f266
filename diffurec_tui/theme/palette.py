"""The two themes, and the roles that widgets paint with.

Colour is never the only sign of anything, and no two roles differ by red against green: movement is
blue up and orange down with arrows, the true next item is gold with a star.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.theme import Theme

DARK = Theme(
    name="diffurec-dark",
    primary="#6cb6ff",
    secondary="#8b949e",
    accent="#6cb6ff",
    warning="#f0b849",
    error="#f0883e",
    success="#6cb6ff",
    foreground="#d5d9e0",
    background="#0e1116",
    surface="#0e1116",
    panel="#1a1f27",
    dark=True,
    variables={
        "border": "#343c48",
        "muted": "#7d8796",
        "faint": "#434c59",
        "target": "#ffcb6b",
        "up": "#6cb6ff",
        "down": "#f0985a",
        "group-1": "#56b4e9",
        "group-2": "#e69f00",
        "group-3": "#cc79a7",
        "group-4": "#f0e442",
        "group-5": "#b7a5e0",
        "selection": "#1d3350",
        "block-cursor-background": "#1d3350",
        "block-cursor-foreground": "#ffffff",
    },
)

LIGHT = Theme(
    name="diffurec-light",
    primary="#0a5cbf",
    secondary="#5b6472",
    accent="#0a5cbf",
    warning="#8a5a00",
    error="#b04a00",
    success="#0a5cbf",
    foreground="#1f2630",
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#eeeff1",
    dark=False,
    variables={
        "border": "#c9ced6",
        "muted": "#67707e",
        "faint": "#b4bac4",
        "target": "#8a5a00",
        "up": "#0a5cbf",
        "down": "#b04a00",
        "group-1": "#0072b2",
        "group-2": "#b35900",
        "group-3": "#a3386e",
        "group-4": "#7a6a00",
        "group-5": "#5e3fb0",
        "selection": "#d5e6fb",
        "block-cursor-background": "#d5e6fb",
        "block-cursor-foreground": "#10161f",
    },
)

THEMES = (DARK, LIGHT)
"""In the order in which one goes through them."""

ANSI_THEMES = ("ansi-dark", "ansi-light")
"""Textual's that have names of colours instead of colours: there is nothing to shade with."""

GROUPS = ("primary", "warning", "accent", "error", "success")
"""What stands in for the colours of groups in a theme that has none."""


@dataclass(frozen=True)
class Palette:
    """Styles by role."""

    text: Style
    muted: Style
    faint: Style
    accent: Style
    target: Style
    up: Style
    down: Style
    strong: Style
    selected: Style
    groups: tuple[Style, ...]
    """Of kinds of items, which have a sign each as well."""


def palette(named: Mapping[str, str]) -> Palette:
    """The roles in the colours of a theme's variables, whichever theme it is."""

    def colour(role: str, otherwise: str) -> str:
        value = named.get(role, named[otherwise])
        return value if value.startswith("#") else named[otherwise]

    return _made(
        colour("foreground", "foreground"),
        colour("muted", "secondary"),
        colour("faint", "secondary"),
        colour("primary", "primary"),
        colour("target", "warning"),
        colour("up", "primary"),
        colour("down", "warning"),
        colour("selection", "panel"),
        tuple(colour(f"group-{number}", otherwise) for number, otherwise in enumerate(GROUPS, 1)),
    )


@lru_cache(maxsize=16)
def _made(
    text: str,
    muted: str,
    faint: str,
    accent: str,
    target: str,
    up: str,
    down: str,
    selection: str,
    groups: tuple[str, ...],
) -> Palette:
    return Palette(
        text=Style(color=text),
        muted=Style(color=muted),
        faint=Style(color=faint),
        accent=Style(color=accent),
        target=Style(color=target, bold=True),
        up=Style(color=up),
        down=Style(color=down),
        strong=Style(color=text, bold=True),
        selected=Style(bgcolor=selection, bold=True),
        groups=tuple(Style(color=group) for group in groups),
    )
