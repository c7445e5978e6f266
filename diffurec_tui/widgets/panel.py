"""The base of all painted widgets: lines of Rich text, painted only when they change."""

from __future__ import annotations

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from diffurec_tui.theme.palette import Palette, palette

CONSOLE = Console(width=10_000, color_system="truecolor", legacy_windows=False)
"""Only turns text into segments; nothing is ever printed on it."""


class Panel(Widget, can_focus=False):
    """A widget that paints its own lines."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._painted: tuple[object, list[Strip]] | None = None
        self._version = 0

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        """The lines to show, at most `height` of them and `width` cells wide each."""
        raise NotImplementedError

    def strips(self, width: int, height: int, colours: Palette, base: Style) -> list[Strip]:
        """The same as strips; a widget with a great many styles makes them itself."""
        return [to_strip(line, width, base) for line in self.paint(width, height, colours)[:height]]

    def changed(self) -> None:
        """What is drawn has changed: paint anew, this widget alone."""
        self._version += 1
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        base = self.rich_style
        key = (self._version, width, height, self.app.theme, base)
        if self._painted is None or self._painted[0] != key:
            colours = palette(self.app.theme_variables)
            strips = self.strips(width, height, colours, base) if width > 0 and height > 0 else []
            self._painted = (key, strips)
        strips = self._painted[1]
        return strips[y] if y < len(strips) else Strip.blank(width, base)


def to_strip(line: Text, width: int, base: Style) -> Strip:
    """A line of text in exactly `width` cells on the widget's ground; nothing in it is read as markup."""
    if not line.spans:  # Rich forgets the base style of a text without any
        line.stylize(line.style)
    segments = [segment for segment in line.render(CONSOLE) if segment.text and segment.text != "\n"]
    return Strip(segments).adjust_cell_length(width).apply_style(base)
