"""In which settings the runs on screen differ."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from diffurec_tui.keymap import keymap_of
from diffurec_tui.metrics.differences import differences
from diffurec_tui.metrics.followed import Followed
from diffurec_tui.screens.help import SCROLLING
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import palette
from diffurec_tui.widgets.text import ellipsis, spelled, symbols

VALUE, NAME = 16, 28
"""Cells of a value, and of the name of a setting."""


class SettingsScreen(Overlay[None]):
    """A row a setting that is not alike in all; a column a run."""

    def __init__(self, runs: Sequence[Followed]) -> None:
        super().__init__()
        self.runs = runs

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="settings") as box:
            box.border_title = "Settings that differ"
            box.border_subtitle = spelled("↑↓ scroll · any other key closes")
            yield Static(self._table())

    def _table(self) -> Table | Text:
        colours = palette(self.app.theme_variables)
        known = [(run, config) for run in self.runs if (config := run.config())]
        if len(known) < 2:
            there = "one run has" if known else "no run has"
            return Text(f"{there} a config.json: two are needed to compare", colours.muted)
        rows = differences([config for _, config in known])
        if not rows:
            return Text("none: they differ in nothing that config.json has", colours.muted)
        room = max(1, (min(round(0.96 * self.app.size.width), 96) - NAME - 8) // (VALUE + 2))
        seen = known[:room]
        table = Table.grid(padding=(0, 2))
        table.add_column(style=colours.muted, no_wrap=True)
        head = [Text("")]
        for run, _ in seen:
            table.add_column(no_wrap=True)
            style = colours.groups[run.place % len(colours.groups)] + Style(bold=True)
            head.append(Text(f"{run.letter} {ellipsis(run.name, VALUE - 2)}", style))
        table.add_row(*head)
        for name, values in rows:
            told = [Text(ellipsis(value or symbols().none, VALUE), colours.text) for value in values[:room]]
            table.add_row(Text(ellipsis(name, NAME)), *told)
        if len(known) > room:
            table.add_row(Text(f"{len(known) - room} more runs", colours.muted))
        return table

    def on_key(self, event: events.Key) -> None:
        if event.key in keymap_of(self).action("everywhere.quit").keys.split(","):
            self.app.exit()
        elif event.key not in SCROLLING:
            event.stop()
            event.prevent_default()
            self.dismiss()

    def on_click(self, event: events.Click) -> None:
        self.dismiss()
