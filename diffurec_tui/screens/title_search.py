"""Finds an item of the catalogue by words of its title, as one types."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, fit, symbols

MOST = 500
"""Titles listed."""


class TitleIndex:
    """All titles in lower case: a word is looked for in 100 000 of them within a few milliseconds."""

    def __init__(self, names: Names, num_items: int) -> None:
        self.names = names
        self._lower = [names.name(item).lower() for item in range(1, num_items + 1)]

    def find(self, typed: str, most: int = MOST) -> tuple[int, ...]:
        """Items whose title has every word typed; those that begin with what is typed come first."""
        whole, words = typed.lower().strip(), typed.lower().split()
        if not words:
            return tuple(range(1, min(most, len(self._lower)) + 1))
        found = [place for place, title in enumerate(self._lower) if words[0] in title]
        for word in words[1:]:
            found = [place for place in found if word in self._lower[place]]
        found.sort(key=lambda place: not self._lower[place].startswith(whole))
        return tuple(place + 1 for place in found[:most])


class Titles(Panel):
    """The titles found, and a cursor."""

    class Clicked(Message):
        """A title was clicked."""

        def __init__(self, item: int) -> None:
            super().__init__()
            self.item = item

    names: Names | None = None
    items: tuple[int, ...] = ()
    cursor = 0

    def show(self, names: Names, items: tuple[int, ...], cursor: int = 0) -> None:
        self.names, self.items = names, items
        self.cursor = min(max(0, len(items) - 1), max(0, cursor))
        self.changed()

    def _first(self, height: int) -> int:
        return max(0, self.cursor - height + 1)

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.names is None or not self.items:
            return [Text("  no such title", colours.muted)]
        first = self._first(height)
        lines: list[Text] = []
        for place, item in enumerate(self.items[first : first + height], first):
            here = place == self.cursor
            line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
            line.append(fit(clean(self.names.name(item)), max(1, width - 2)), colours.text)
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        return lines

    def on_click(self, event: events.Click) -> None:
        place = self._first(self.size.height) + event.y
        if place < len(self.items):
            self.post_message(self.Clicked(self.items[place]))


class TitleSearch(Overlay[int]):
    """Dismissed with an item, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
    ]

    def __init__(self, index: TitleIndex, what: str) -> None:
        super().__init__()
        self.index = index
        self.what = what

    def compose(self) -> ComposeResult:
        with Vertical(id="titles") as box:
            box.border_title = self.what
            yield Input(placeholder="words of a title", id="words")
            yield Titles(id="titles-found")

    def on_mount(self) -> None:
        self._show("")

    def _show(self, typed: str) -> None:
        self.query_one(Titles).show(self.index.names, self.index.find(typed))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _chosen(self) -> None:
        titles = self.query_one(Titles)
        self.dismiss(titles.items[titles.cursor] if titles.items else None)

    @on(Titles.Clicked)
    def _clicked(self, event: Titles.Clicked) -> None:
        self.dismiss(event.item)

    def action_move(self, by: int) -> None:
        titles = self.query_one(Titles)
        titles.show(self.index.names, titles.items, titles.cursor + by)

    def action_cancel(self) -> None:
        self.dismiss(None)
