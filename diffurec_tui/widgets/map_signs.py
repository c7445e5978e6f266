"""The signs on the map and their styles, by number, as a canvas has them."""

from __future__ import annotations

from typing import Literal

from rich.style import Style

from diffurec_tui.mapping import Mark
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.text import symbols

LEVELS = 3
"""Kinds of brightness for cells with more or fewer items."""
GROUP_SIGNS = "x+^v="
CLOUD_SIGNS, FULL_CLOUD_SIGNS, ASCII_CLOUD_SIGNS = "□△▽▷◁", "■▲▼▶◀", "ABCDE"
"""Of cells with few and with many samples of a cloud."""
HERE, NEWEST, OLD, ITEM = 0, 1, 2, 3
SIGNS, ASCII_SIGNS = "◆●∘•", "@Hho"
PLACES = "1234567890abcdefghijklmnopqrstuvwxyz"
Role = Literal["trail", "recent", "path", "old", "newest", "top", "target", "here", "picked"]
ROLES: tuple[Role, ...] = ("trail", "recent", "path", "old", "newest", "top", "target", "here", "picked")
FIRST_ROLE = 1 + LEVELS
FIRST_GROUP = FIRST_ROLE + len(ROLES)
FIRST_CLOUD = FIRST_GROUP + len(GROUP_SIGNS)


def styles_of(colours: Palette) -> list[Style]:
    """Styles by the numbers that a canvas of the map has."""
    roles: dict[Role, Style] = {
        "trail": colours.accent,
        "recent": colours.accent + Style(bold=True),
        "path": colours.down,
        "old": colours.down,
        "newest": colours.down + Style(bold=True),
        "top": colours.strong,
        "target": colours.target,
        "here": colours.accent + Style(bold=True, reverse=True),
        "picked": colours.target + Style(reverse=True),
    }
    cloud = [Style.null(), colours.faint, colours.muted, colours.text]
    clouds = [group + Style(bold=True) for group in colours.groups]
    return [*cloud, *(roles[role] for role in ROLES), *colours.groups, *clouds]


def number_of(role: Role) -> int:
    """A role's place in `styles_of`."""
    return FIRST_ROLE + ROLES.index(role)


def sign_of(which: int) -> str:
    return (SIGNS if symbols().braille else ASCII_SIGNS)[which]


def cloud_sign(number: int, *, full: bool = True) -> str:
    """The sign of a cloud by its place."""
    signs = FULL_CLOUD_SIGNS if full else CLOUD_SIGNS
    return (signs if symbols().braille else ASCII_CLOUD_SIGNS)[number]


def mark_sign(mark: Mark) -> tuple[str, int]:
    """The sign of a mark, and its style."""
    if mark.kind == "target":
        return symbols().star, number_of("target")
    if mark.kind == "top":
        return PLACES[min(mark.place, len(PLACES)) - 1], number_of("top")
    if mark.kind == "newest":
        return sign_of(NEWEST), number_of("newest")
    return sign_of(OLD), number_of("old")
