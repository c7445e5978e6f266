"""What is on screen as a text that can be read and compared: the characters, and a map of their styles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import groupby
from string import ascii_letters

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from diffurec_tui.app import ExplorerApp

SHOWS_NOTHING = " \u2800"
"""Of these only the ground is seen."""
BARE = ("underline", "reverse", "strike")
"""Attributes that are seen even there."""
FULL = ("bold", "dim", "italic", *BARE)


@dataclass(frozen=True)
class Picture:
    """A screen, row by row."""

    text: tuple[str, ...]
    styles: tuple[tuple[str, ...], ...]
    """Of every cell, in words."""


def shown(app: ExplorerApp) -> list[Strip]:
    """The screen on top, with what is seen of those below it."""
    return app.screen._compositor.render_strips()


def picture(strips: list[Strip]) -> Picture:
    text = ("".join(segment.text for segment in strip).rstrip(" ") for strip in strips)
    return Picture(tuple(text), tuple(_styles(strip) for strip in strips))


def _styles(strip: Strip) -> tuple[str, ...]:
    """Of the cells of a row; one in which only the ground is seen goes with the one before it."""
    told: list[str] = []
    for segment in strip:
        style = segment.style or Style()
        full, bare = _told(style, blank=False), _told(style, blank=True)
        for sign in segment.text:
            words = bare if sign in SHOWS_NOTHING else full
            if words.startswith("on ") and told and _is_on(told[-1], words):
                words = told[-1]
            told += [words] * cell_len(sign)
    return tuple(told)


def _is_on(words: str, ground: str) -> bool:
    """Whether blanks in a style show this ground alone."""
    return words.endswith(ground) and not any(name in words for name in BARE)


@cache
def _told(style: Style, *, blank: bool) -> str:
    """A style in words, as far as it is to be seen."""
    words = [name for name in (BARE if blank else FULL) if getattr(style, name)]
    if style.color is not None and (words or not blank):
        words.append(style.color.name)
    if style.bgcolor is not None:
        words.append(f"on {style.bgcolor.name}")
    return " ".join(words) or "plain"


def written(dark: Picture, light: Picture) -> str:
    """The text, which both themes have, and one map of styles: a letter stands for a pair of them."""
    for row, (one, other) in enumerate(zip(dark.text, light.text, strict=True)):
        if one != other:
            raise ValueError(f"row {row} is another text in the light theme: {one!r}, {other!r}")
    pairs = [list(zip(*rows, strict=True)) for rows in zip(dark.styles, light.styles, strict=True)]
    found = dict.fromkeys(pair for row in pairs for pair in row)
    letters = {pair: _name(place) for place, pair in enumerate(found)}
    rows = [" ".join(f"{letters[pair]}{len(list(run))}" for pair, run in groupby(row)) for row in pairs]
    width = max(len(one) for one, _ in letters)
    legend = [f"{letter:>2}  {one:<{width}}  {other}" for (one, other), letter in letters.items()]
    return "\n".join(
        [*dark.text, "", "styles", f"    {'dark':<{width}}  light", *legend, "", "rows", *_numbered(rows), ""]
    )


def _numbered(rows: list[str]) -> list[str]:
    """Rows that are alike and follow each other are one."""
    lines: list[str] = []
    first = 0
    for row, same in groupby(rows):
        last = first + len(list(same)) - 1
        lines.append(f"{first if first == last else f'{first}-{last}':>5}  {row}")
        first = last + 1
    return lines


def _name(place: int) -> str:
    """a … z, A … Z, then aa, ab, …"""
    more, one = divmod(place, len(ascii_letters))
    return (ascii_letters[more - 1] if more else "") + ascii_letters[one]
