"""The last line: the keys that matter here, as many as fit."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget

from diffurec_tui.hints import Hint
from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import TOGETHER, Action, Scope
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import spelled, symbols


class Footer(Panel):
    """Keys from the action table; a click does what the key does."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(id="footer")
        self.scope: Scope = scope
        self.notice = ""
        self.hint: Hint | None = None
        self._places: list[tuple[int, int, Action]] = []

    def say(self, notice: str) -> None:
        """Show one line instead of the keys, until the next call with nothing."""
        if notice != self.notice:
            self.notice = notice
            self.changed()

    def use(self, scope: Scope) -> None:
        """Show the keys of another scope."""
        if scope != self.scope:
            self.scope = scope
            self.changed()

    @property
    def lines(self) -> int:
        """Rows it takes."""
        return 1 if self.hint is None else 2

    def show_hint(self, hint: Hint | None) -> None:
        """Say what to do first, on a line above the keys; None ends it."""
        if hint is not self.hint:
            self.hint = hint
            self.set_class(hint is not None, "hinting")
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        self._places = []
        above = [self._hinted(self.hint, width, colours)] if self.hint is not None else []
        if self.notice:
            return [*above, Text(f" {self.notice}", colours.accent)]
        line = Text(" ", no_wrap=True)
        for action in self._chosen(width):
            start = line.cell_len
            line.append(keys_of(action), colours.accent)
            line.append(f" {action.label}", colours.muted)
            self._places.append((start, line.cell_len, action))
            line.append("  ")
        return [*above, line]

    @staticmethod
    def _hinted(hint: Hint, width: int, colours: Palette) -> Text:
        """As much of the hint as fits."""
        line = Text(" ", no_wrap=True)
        for place, part in enumerate(hint.parts):
            key, _, does = spelled(part).partition(" ")
            between = f" {symbols().dot} " if place else ""
            if line.cell_len + cell_len(f"{between}{key} {does}") >= width:
                break
            line.append(between, colours.muted).append(key, colours.target).append(f" {does}", colours.text)
        return line

    def _chosen(self, width: int) -> list[Action]:
        """The actions that fit, the most important ones first; help and the way out always, at the end."""
        wanted = [action for action in keymap_of(self).available(self.scope) if action.footer]
        chosen: list[Action] = []
        room = width  # a space at the left; at the right there is none after the last
        for action in sorted(wanted, key=lambda one: (one.group != "Program" or one.footer > 2, one.footer)):
            need = len(keys_of(action)) + len(action.label) + 3
            if need <= room:
                chosen.append(action)
                room -= need
        return sorted(chosen, key=lambda one: (one.group == "Program", one.footer))

    async def on_click(self, event: events.Click) -> None:
        if self.hint is not None and event.y == 0:
            self.show_hint(None)
            return
        for start, end, place in self._places:
            if start <= event.x < end:
                action = self._under(place, event.x - start)
                await owner_of(self.screen, action.id).run_action(action.command)

    def _under(self, place: Action, x: int) -> Action:
        """The action whose key is at column `x` of a place: some places have the keys of several."""
        together, keys = TOGETHER.get(place.binding, ()), keys_of(place)
        parts = keys.split(" ") if " " in keys else list(keys)
        if len(parts) != len(together) or x >= len(keys):
            return place
        gap = " " if " " in keys else ""
        ends = [len(gap.join(parts[: number + 1])) + len(gap) for number in range(len(parts))]
        return keymap_of(self).action(together[next(n for n, end in enumerate(ends) if x < end)])


def owner_of(screen: Screen[Any], action: str) -> Widget:
    """What does an action: the widget that has the keys, or else the screen."""
    focused = screen.focused
    return focused if focused is not None and hasattr(focused, f"action_{action}") else screen


def keys_of(action: Action) -> str:
    """The keys of an action as the footer has them."""
    return spelled(action.footer_keys or action.shown.split()[0])
