"""The two themes, and the roles that widgets paint with.

Colour is never the only sign of anything: movement is blue up and orange down with arrows, the true next
item is gold with a star. Both themes are for everyone: the colours, after Okabe and Ito's, also differ for
people who see no red or no green. The tests compute that, and that what is written can be read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

DARK = Theme(
    name="diffurec-dark",
    primary="#6cb6ff",
    secondary="#8b949e",
    accent="#6cb6ff",
    warning="#fcd377",
    error="#e58050",
    success="#6cb6ff",
    foreground="#d5d9e0",
    background="#0e1116",
    surface="#0e1116",
    panel="#1a1f27",
    dark=True,
    variables={
        "border": "#343c48",
        "muted": "#98a2b1",
        "faint": "#78828f",
        "target": "#fcd377",
        "up": "#6cb6ff",
        "down": "#e58050",
        "group-1": "#5eb7e7",
        "group-2": "#e49e00",
        "group-3": "#bf76a4",
        "group-4": "#f1e641",
        "group-5": "#8c85e8",
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
    error="#702300",
    success="#0a5cbf",
    foreground="#1f2630",
    background="#fbfbfa",
    surface="#fbfbfa",
    panel="#eeeff1",
    dark=False,
    variables={
        "border": "#c9ced6",
        "muted": "#525b69",
        "faint": "#6c7481",
        "target": "#8a5a00",
        "up": "#0a5cbf",
        "down": "#702300",
        "group-1": "#206eb0",
        "group-2": "#ad530c",
        "group-3": "#ab2f77",
        "group-4": "#494200",
        "group-5": "#48309e",
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


PLAIN = Palette(
    text=Style(),
    muted=Style(dim=True),
    faint=Style(dim=True),
    accent=Style(bold=True),
    target=Style(bold=True),
    up=Style(),
    down=Style(),
    strong=Style(bold=True),
    selected=Style(reverse=True),
    groups=tuple(Style() for _ in GROUPS),
)
"""Without any colour."""


class WithoutColour(LineFilter):
    """Takes every colour out of what is drawn; Textual's own answer to NO_COLOR is shades of grey."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(text, style.without_color if style else style, control)
            for text, style, control in segments
        ]


def palette(named: Mapping[str, str]) -> Palette:
    """The roles in the colours of a theme's variables, whichever theme it is; without colour on NO_COLOR."""
    if "NO_COLOR" in os.environ:
        return PLAIN

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
