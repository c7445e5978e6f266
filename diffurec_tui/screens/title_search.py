"""Finds an item of the catalogue by words of its title, as one types."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from diffurec_tui.screens.picking import PickScreen
from diffurec_tui.snapshots import Names
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.text import clean, fit

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


class TitleSearch(PickScreen[int, int]):
    """Dismissed with an item, or with nothing."""

    def __init__(self, index: TitleIndex, what: str) -> None:
        super().__init__(what, "words of a title", "no such title")
        self.index = index

    def find(self, typed: str) -> Sequence[int]:
        return self.index.find(typed)

    def row(self, entry: int, width: int, colours: Palette) -> Text:
        return Text(fit(clean(self.index.names.name(entry)), width), colours.text)

    def result(self, entry: int) -> int:
        return entry
