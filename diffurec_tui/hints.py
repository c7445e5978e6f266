"""One line for someone who opens a view for the first time: what to press first."""

from __future__ import annotations

import re
from dataclasses import dataclass

from diffurec_tui.keymap import Keymap
from diffurec_tui.keys import Scope
from diffurec_tui.remembered import Remembered

SAID: dict[Scope, tuple[str, ...]] = {
    "users": (
        "{users.choose} opens a user's walk",
        "{everywhere.filter} filters",
        "{everywhere.go_to} goes to an id or a title",
        "{everywhere.help} all keys",
    ),
    "walk": (
        "{steps.forward} steps on",
        "{views.seed} draws another seed",
        "{walk.pin} keeps this walk to compare",
        "{everywhere.help} all keys",
    ),
    "diversity": (
        "{diversity.more} draws more walks",
        "{diversity.longer} longer lists",
        "{views.view_walk} back to the walk",
        "{everywhere.help} all keys",
    ),
    "watch": (
        "{plots.focus_plot} shows a plot large",
        "{plots.smooth} smooths",
        "{plots.cursor_left} reads values",
        "{everywhere.help} all keys",
    ),
    "metrics": (
        "{plots.focus_plot} shows a plot large",
        "{plots.others} other runs over it",
        "{plots.smooth} smooths",
        "{everywhere.help} all keys",
    ),
    "map": (
        "{steps.forward} steps along the walk",
        "{map.mark_next} to the next mark",
        "{map.zoom_in} nearer",
        "{everywhere.help} all keys",
    ),
    "jobs": (
        "{jobs.job_new} starts a training",
        "{jobs.job_stop} saves and stops it",
        "{jobs.job_log} its log",
        "{everywhere.help} all keys",
    ),
}
"""By view; in braces the actions whose keys stand there, any of which ends the hint."""

_KEY = re.compile(r"{([^}]+)}")


@dataclass(frozen=True)
class Hint:
    """What to do first."""

    parts: tuple[str, ...]
    """The most useful first: the others go where there is no room."""
    actions: frozenset[str]
    """Ids of what it speaks of."""


class Hints:
    """Says each hint once to a user of this machine."""

    def __init__(self, keymap: Keymap, remembered: Remembered, *, wanted: bool) -> None:
        self._keymap, self._remembered, self._wanted = keymap, remembered, wanted

    def first(self, view: Scope) -> Hint | None:
        """The hint of a view, if it was never shown; from now on it was."""
        if not self._wanted or view not in SAID or view in self._remembered.hinted:
            return None
        self._remembered.shown(view)
        named = [name for part in SAID[view] for name in _KEY.findall(part)]
        parts = tuple(_KEY.sub(lambda found: self._keymap.key(found[1]), part) for part in SAID[view])
        return Hint(parts, frozenset(self._keymap.action(name).id for name in named))
