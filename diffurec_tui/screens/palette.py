"""The command palette: type a part of what you want, enter does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from diffurec_tui.keymap import Keymap
from diffurec_tui.keys import Scope
from diffurec_tui.screens.picking import PickScreen
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.text import fit, spelled

NAME, GAP, KEYS = 16, 1, 12
"""Cells of a name, before its keys, and of them."""


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


class PaletteScreen(PickScreen[Choice, str]):
    """Dismissed with the id of a choice, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+p", "cancel", show=False, priority=True)]

    def __init__(self, choices: list[Choice]) -> None:
        super().__init__("Do", "what?", "nothing of that name")
        self.choices = choices

    def find(self, typed: str) -> Sequence[Choice]:
        words = typed.lower().split()
        return [choice for choice in self.choices if choice.matches(words)]

    def row(self, entry: Choice, width: int, colours: Palette) -> Text:
        named = width if not entry.help else NAME
        line = Text().append(fit(entry.name, named), colours.strong)
        line.append(fit(spelled(entry.help), max(0, width - NAME - GAP - KEYS)), colours.muted)
        return line.append(" " * GAP + fit(spelled(entry.keys), KEYS), colours.accent) if entry.help else line

    def result(self, entry: Choice) -> str:
        return entry.id
