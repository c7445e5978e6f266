"""Overlays in which one types, and picks from what matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, spelled, symbols

Entry = TypeVar("Entry")
Result = TypeVar("Result")

PAGE = 8


class Matches(Panel):
    """The entries that match, and a cursor; only those on screen are ever painted."""

    class Clicked(Message):
        """An entry was clicked: itself, for others may be listed before this is read."""

        def __init__(self, entry: Any) -> None:
            super().__init__()
            self.entry = entry

    entries: Sequence[Any] = ()
    cursor = 0
    nothing = ""

    def show(self, entries: Sequence[Any], nothing: str) -> None:
        """Other entries, the cursor on the first; `nothing` is said where there are none."""
        self.entries, self.cursor, self.nothing = entries, 0, nothing
        self.changed()

    def move(self, by: int) -> None:
        self.cursor = min(max(0, len(self.entries) - 1), max(0, self.cursor + by))
        self.changed()

    def _first(self, height: int) -> int:
        return max(0, self.cursor - height + 1)

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if not self.entries:
            return [Text(f"  {spelled(self.nothing)}", colours.muted)]
        screen = self.screen
        assert isinstance(screen, PickScreen)
        first = self._first(height)
        lines: list[Text] = []
        for place, entry in enumerate(self.entries[first : first + height], first):
            here = place == self.cursor
            line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
            line.append_text(screen.row(entry, max(1, width - 2), colours))
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        return lines

    def on_click(self, event: events.Click) -> None:
        place = self._first(self.size.height) + event.y
        if place < len(self.entries):
            self.post_message(self.Clicked(self.entries[place]))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-1)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(1)
        event.stop()


class PickScreen(Overlay[Result], Generic[Entry, Result]):
    """Dismissed with what the entry under the cursor stands for, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", f"move(-{PAGE})", show=False, priority=True),
        Binding("pagedown", f"move({PAGE})", show=False, priority=True),
    ]

    def __init__(self, title: str, placeholder: str, nothing: str) -> None:
        super().__init__()
        self.heading, self.placeholder, self.nothing = title, placeholder, nothing

    def find(self, typed: str) -> Sequence[Entry]:
        """What matches, the most likely first."""
        raise NotImplementedError

    def row(self, entry: Entry, width: int, colours: Palette) -> Text:
        """An entry in `width` cells."""
        raise NotImplementedError

    def result(self, entry: Entry) -> Result:
        """What the overlay is dismissed with."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with Vertical(id="pick") as box:
            box.border_title = self.heading
            yield Input(placeholder=self.placeholder, id="typed")
            yield Matches(id="matches")

    def on_mount(self) -> None:
        self._show("")

    def _show(self, typed: str) -> None:
        for matches in self.query(Matches):  # none, where the program ends before it is drawn
            matches.show(self.find(typed), self.nothing)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _chosen(self) -> None:
        matches = self.query_one(Matches)
        self.dismiss(self.result(matches.entries[matches.cursor]) if matches.entries else None)

    @on(Matches.Clicked)
    def _clicked(self, event: Matches.Clicked) -> None:
        self.dismiss(self.result(event.entry))

    def action_move(self, by: int) -> None:
        self.query_one(Matches).move(by)

    def action_cancel(self) -> None:
        self.dismiss(None)


def labelled(label: str, text: str, right: str, width: int, colours: Palette) -> Text:
    """A word for the kind of entry, the entry, and what else is known of it."""
    line = Text().append(fit(label, 6), colours.muted)
    line.append(fit(text, max(1, width - 7 - len(right))), colours.text)
    return line.append(f"{right} ", colours.muted)
