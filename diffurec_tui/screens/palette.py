"""The command palette: type a part of what you want, enter does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from diffurec_tui.keymap import Keymap
from diffurec_tui.keys import Scope
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import fit, spelled, symbols


@dataclass(frozen=True)
class Choice:
    """Something the palette offers."""

    id: str
    name: str
    help: str
    keys: str

    def matches(self, words: list[str]) -> bool:
        text = f"{self.name} {self.help} {self.keys}".lower()
        return all(word in text for word in words)


def choices_of(scope: Scope, themes: Iterable[str], keymap: Keymap) -> list[Choice]:
    """Every action where one is, and every theme."""
    actions = [
        Choice(action.command, action.label.capitalize(), action.help, action.shown)
        for action in keymap.available(scope)
        if action.id != "command_palette"
    ]
    return actions + [Choice(f"theme:{name}", f"Theme {name}", "", "") for name in sorted(themes)]


class Choices(Panel):
    """The choices that match, and a cursor."""

    class Clicked(Message):
        """A line was clicked."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    choices: tuple[Choice, ...] = ()
    cursor = 0

    def show(self, choices: tuple[Choice, ...], cursor: int = 0) -> None:
        self.choices = choices
        self.cursor = min(max(0, len(choices) - 1), max(0, cursor))
        self.changed()

    def _first(self, height: int) -> int:
        return max(0, self.cursor - height + 1)

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        first = self._first(height)
        lines: list[Text] = []
        for place, choice in enumerate(self.choices[first : first + height], first):
            here = place == self.cursor
            line = Text().append(f"{symbols().pointer if here else ' '} ", colours.accent)
            line.append(fit(choice.name, 16), colours.strong)
            line.append(fit(spelled(choice.help), max(0, width - 30)), colours.muted)
            line.append(fit(spelled(choice.keys), 12), colours.accent)
            if here:
                line.stylize(colours.selected)
            lines.append(line)
        return lines or [Text("  nothing of that name", colours.muted)]

    def on_click(self, event: events.Click) -> None:
        place = self._first(self.size.height) + event.y
        if place < len(self.choices):
            self.post_message(self.Clicked(self.choices[place]))


class PaletteScreen(Overlay[str]):
    """Dismissed with the id of a choice, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+p", "cancel", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
    ]

    def __init__(self, choices: list[Choice]) -> None:
        super().__init__()
        self.all = tuple(choices)

    def compose(self) -> ComposeResult:
        with Vertical(id="palette") as box:
            box.border_title = "Do"
            yield Input(placeholder="what?", id="what")
            yield Choices(id="choices")

    def on_mount(self) -> None:
        self.query_one(Choices).show(self.all)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        self.query_one(Choices).show(tuple(choice for choice in self.all if choice.matches(words)))

    @on(Input.Submitted)
    def _chosen(self) -> None:
        choices = self.query_one(Choices)
        self.dismiss(choices.choices[choices.cursor].id if choices.choices else None)

    @on(Choices.Clicked)
    def _clicked(self, event: Choices.Clicked) -> None:
        self.dismiss(event.choice.id)

    def action_move(self, by: int) -> None:
        choices = self.query_one(Choices)
        choices.show(choices.choices, choices.cursor + by)

    def action_cancel(self) -> None:
        self.dismiss(None)
