"""What stands below and beside the map: the item one reads, the signs, the clouds, what the picture is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from diffurec.inspection.projection import Projection
from diffurec_tui.clouds import said
from diffurec_tui.mapping import explained, fitted, told
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.map_signs import (
    FIRST_CLOUD,
    FIRST_GROUP,
    GROUP_SIGNS,
    HERE,
    NEWEST,
    OLD,
    PLACES,
    cloud_sign,
    number_of,
    sign_of,
    styles_of,
)
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.scene import Scene
from diffurec_tui.widgets.text import clean, ellipsis, spelled, symbols

HINT = "tab goes from mark to mark; the mouse reads an item, a click keeps it, the wheel goes nearer"
ABOUT = (
    "Across and upwards are the two directions in which the items differ the most, the same for all users, "
    "walks and steps. A state on top of an item need not be near it: pick the item, and read how far it is. "
    "A list by inner product has what lies in the direction of the state, however far out that is."
)
Entry = tuple[str, Style, str]


@dataclass(frozen=True, eq=False)
class Noted:
    """What the notes are about."""

    scene: Scene
    names: Names
    read: int | None = None
    """The item under the mouse, or else the one picked."""
    doing: str = ""
    """What is being computed."""

    @property
    def about(self) -> tuple[object, ...]:
        """What the picture and its clouds are, whichever step is shown."""
        return self.scene.items, self.scene.clouds, self.scene.colouring


class PointNote(Panel):
    """Three lines: the item one reads, or what the picture and its clouds are; below them the legend."""

    noted: Noted | None = None
    brief = False
    """Whether what the picture is can be read beside it."""

    def show(self, noted: Noted | None, *, brief: bool = False) -> None:
        self.noted, self.brief = noted, brief
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.noted is None:
            return []
        lines = self._item(self.noted, width, colours) or self._picture(self.noted, width, colours)
        return [*lines[: max(1, height - 1)], legend(self.noted.scene, width, colours)][:height]

    @staticmethod
    def _item(noted: Noted, width: int, colours: Palette) -> list[Text]:
        """The title over the facts: a long one is cut, they are not."""
        scene, item = noted.scene, noted.read
        if item is None:
            return []
        vector = scene.trail.vectors[scene.index]
        title, facts, categories = told(item, scene.mark(item), scene.items, noted.names, vector)
        first = Text(ellipsis(clean(title), width), colours.strong)
        second = Text(ellipsis(spelled(facts), width), colours.text)
        if categories:
            rest = f"  {symbols().dot} {clean(categories)}"
            line = first if first.cell_len <= second.cell_len else second
            line.append(ellipsis(rest, max(0, width - line.cell_len)), colours.muted)
        return [first, second]

    def _picture(self, noted: Noted, width: int, colours: Palette) -> list[Text]:
        about = HINT if self.brief else said(noted.scene.clouds) or explained(noted.scene.items)
        lines = _wrapped(noted.doing or about, width, colours.muted)
        return [*lines, Text(), Text()][:2]


class Explained(Panel):
    """What the picture shows, how wide the clouds are, and what the colours mean."""

    noted: Noted | None = None

    def on_mount(self) -> None:
        self.border_title = "The picture"

    def show(self, noted: Noted | None) -> None:
        """Paint anew only what says something else: a step changes nothing here."""
        before, self.noted = self.noted, noted
        if noted is None or before is None or noted.about != before.about:
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.noted is None:
            return []
        scene = self.noted.scene
        text = [*_clouds(scene, width, colours), *_groups(scene, width, colours)]
        text += _wrapped(explained(scene.items), width, colours.text)
        layout = scene.items.layout
        if isinstance(layout, Projection):
            across, up = layout.explained
            text += [Text(f"{100 * across:.1f} % across, {100 * up:.1f} % upwards", colours.accent)]
        about = ABOUT if isinstance(layout, Projection) else fitted(scene.items)
        return [*text, Text(), *_wrapped(about, width, colours.muted)][:height]


def _clouds(scene: Scene, width: int, colours: Palette) -> Iterator[Text]:
    """A line a cloud, and the sentence about all of them."""
    entries = _cloud_entries(scene, styles_of(colours))
    for (sign, style, name), cloud in zip(entries, scene.clouds, strict=True):
        counted = f"  {len(cloud.vectors):,}" + ("" if cloud.complete else f"/{cloud.wanted:,}")
        facts = f"{counted}  {cloud.spread:.2g} wide"
        line = Text().append(sign, style)
        line.append(f" {ellipsis(name, max(4, width - len(facts) - 2))}", colours.text)
        yield line.append(facts, colours.muted)
    if scene.clouds:
        yield from _wrapped(said(scene.clouds), width, colours.text)
        yield Text()


def _groups(scene: Scene, width: int, colours: Palette) -> Iterator[Text]:
    if scene.colouring is None:
        return
    yield Text(f"by {scene.colouring.by}", colours.strong)
    for sign, style, name in _group_entries(scene, styles_of(colours)):
        yield Text().append(sign, style).append(f" {ellipsis(name, max(4, width - 2))}", colours.text)
    yield Text()


def _wrapped(text: str, width: int, style: Style) -> list[Text]:
    return [Text(line, style) for line in textwrap.wrap(spelled(text), max(8, width))]


def legend(scene: Scene, width: int, colours: Palette) -> Text:
    """The signs on the map, as many as fit."""
    line = Text()
    for sign, style, whole in _entries(scene, styles_of(colours), colours):
        meaning = ellipsis(whole, 14)
        if line.cell_len + len(sign) + len(meaning) + 3 > width:
            break
        line.append("  " if line.cell_len else "").append(sign, style).append(f" {meaning}", colours.muted)
    return line


def _entries(scene: Scene, styles: list[Style], colours: Palette) -> list[Entry]:
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
    told_apart = [*_cloud_entries(scene, styles), *_group_entries(scene, styles)]
    return [*told_apart, *marks] if told_apart else [*marks, ("tab", colours.accent, "next mark")]


def _cloud_entries(scene: Scene, styles: list[Style]) -> list[Entry]:
    return [
        (cloud_sign(number), styles[FIRST_CLOUD + number], f"user {clean(cloud.name)}")
        for number, cloud in enumerate(scene.clouds)
    ]


def _group_entries(scene: Scene, styles: list[Style]) -> list[Entry]:
    names = scene.colouring.names if scene.colouring is not None else ()
    return [
        (GROUP_SIGNS[number], styles[FIRST_GROUP + number], spelled(clean(name)))
        for number, name in enumerate(names)
    ]
