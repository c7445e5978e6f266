"""All keys, from the action table, and what the words on screen mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import GROUPS, Scope
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import palette
from diffurec_tui.widgets.text import spelled
from diffurec_tui.words import WORDS

SCROLLING = frozenset(("up", "down", "pageup", "pagedown", "home", "end"))
TERM = 13
"""Columns of keys and words."""


class HelpScreen(Overlay[None]):
    """What the screen below has comes first: its own keys, its words, then the keys of other views."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope: Scope = scope

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Keys and words"
            box.border_subtitle = spelled("↑↓ scroll · any other key closes")
            yield Static(Group(*self._parts()))

    def _parts(self) -> Iterator[RenderableType]:
        colours = palette(self.app.theme_variables)
        keymap = keymap_of(self)
        here = {action.binding for action in keymap.available(self.scope)}
        own = {action.group for action in keymap.actions if action.scope == self.scope}

        def keys(groups: Iterable[str], title: str, *, on_screen: bool) -> Iterator[RenderableType]:
            for group in groups:
                listed = (one for one in keymap.actions if one.group == group)
                rows = [(one.shown, one.help) for one in listed if (one.binding in here) == on_screen]
                if rows:
                    yield Text(title.format(group), colours.strong)
                    yield _rows(rows, colours.accent, colours.text)

        yield from keys((one for one in GROUPS if one in own), "{}", on_screen=True)
        yield Text("Words on this screen", colours.strong)
        yield _rows(WORDS[self.scope], colours.accent, colours.text)
        yield from keys((one for one in GROUPS if one not in own), "{}", on_screen=True)
        yield from keys(GROUPS, "{}, on other screens", on_screen=False)

    def on_key(self, event: events.Key) -> None:
        if event.key in keymap_of(self).action("everywhere.quit").keys.split(","):
            self.app.exit()
        elif event.key not in SCROLLING:
            event.stop()
            event.prevent_default()
            self.dismiss()

    def on_click(self, event: events.Click) -> None:
        self.dismiss()


def _rows(rows: Iterable[tuple[str, str]], term: Style, meaning: Style) -> Table:
    """Terms on the left; what is long goes on below itself, and an empty line ends it."""
    table = Table.grid()
    table.add_column(style=term, no_wrap=True, min_width=TERM)
    table.add_column(style=meaning)
    for left, right in rows:
        table.add_row(Text(f"  {spelled(left)} "), Text(spelled(right)))
    table.add_row()
    return table
