"""What stands below and beside the map: the item picked, the legend, and how much the picture shows."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from diffurec_tui.mapping import explained, told
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.scatter import (
    GROUP_SIGNS,
    HERE,
    NEWEST,
    OLD,
    PLACES,
    Scene,
    number_of,
    sign_of,
    styles_of,
)
from diffurec_tui.widgets.text import clean, ellipsis, spelled, symbols

HINT = "tab goes from mark to mark; a click takes the nearest item, the wheel goes nearer"
ABOUT = (
    "Across and upwards are the two directions in which the items differ the most, the same for all users, "
    "walks and steps. A state on top of an item need not be near it: pick the item, and read how far it is. "
    "A list by inner product has what lies in the direction of the state, however far out that is."
)


@dataclass(frozen=True, eq=False)
class Noted:
    """What the notes are about."""

    scene: Scene
    names: Names


class PointNote(Panel):
    """The item picked, or what the picture is; below it the legend."""

    noted: Noted | None = None
    brief = False
    """Whether what the picture is can be read beside it."""

    def show(self, noted: Noted | None, *, brief: bool = False) -> None:
        self.noted, self.brief = noted, brief
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.noted is None:
            return []
        scene = self.noted.scene
        first = self._picked(self.noted, width, colours)
        if first is None:
            said = spelled(HINT if self.brief else explained(scene.items))
            first = Text(ellipsis(said, width), colours.muted)
        return [first, legend(scene, width, colours)][:height]

    @staticmethod
    def _picked(noted: Noted, width: int, colours: Palette) -> Text | None:
        scene, item = noted.scene, noted.scene.picked
        if item is None:
            return None
        mark = next((mark for mark in scene.marks if mark.item == item), None)
        vector = scene.trail.vectors[scene.index]
        title, rest = told(item, mark, scene.items, noted.names, vector)
        line = Text().append(ellipsis(clean(title), max(16, width * 2 // 5)), colours.strong)
        line.append("  ")
        line.append(ellipsis(spelled(clean(rest)), max(0, width - line.cell_len)), colours.text)
        return line


class Explained(Panel):
    """How much of the space the picture shows, in a sentence or two."""

    noted: Noted | None = None

    def show(self, noted: Noted | None) -> None:
        self.border_title = "The picture"
        self.noted = noted
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.noted is None:
            return []
        items = self.noted.scene.items
        across, up = items.projection.explained
        text = [Text(line, colours.text) for line in _wrapped(explained(items), width)]
        text += [
            Text(),
            Text(f"{100 * across:.1f} % across, {100 * up:.1f} % upwards", colours.accent),
            Text(),
        ]
        return text + [Text(line, colours.muted) for line in _wrapped(ABOUT, width)]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(spelled(text), max(8, width))


def legend(scene: Scene, width: int, colours: Palette) -> Text:
    """The signs on the map, as many as fit."""
    styles = styles_of(colours)
    line = Text()
    for sign, style, meaning in _entries(scene, styles, colours):
        if line.cell_len + len(sign) + len(meaning) + 3 > width:
            break
        line.append("  " if line.cell_len else "").append(sign, style).append(f" {meaning}", colours.muted)
    return line


def _entries(scene: Scene, styles: list[Style], colours: Palette) -> list[tuple[str, Style, str]]:
    lens = "x_t" if scene.trail.lens == "x_t" else symbols().x_0_hat
    tops = [mark.place for mark in scene.marks if mark.kind == "top"]
    span = f"1-{PLACES[min(max(tops), len(PLACES)) - 1]}" if tops else "1"
    marks = [
        (sign_of(HERE), styles[number_of("here")], lens),
        (symbols().star, styles[number_of("target")], "next item"),
        (span, styles[number_of("top")], "list"),
        (sign_of(NEWEST), styles[number_of("newest")], "newest"),
        (sign_of(OLD), styles[number_of("old")], "history"),
    ]
    if not scene.grouped:
        return [*marks, ("tab", colours.accent, "from mark to mark")]
    named = zip(GROUP_SIGNS, colours.groups, scene.items.group_names, strict=False)
    return [(sign, style, ellipsis(clean(name), 12)) for sign, style, name in named] + marks
