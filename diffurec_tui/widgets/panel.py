"""The base of all painted widgets: lines of Rich text, painted only when they change."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from diffurec_tui.theme.palette import Palette, palette


class ItemClicked(Message):
    """An item was clicked in a list of items."""

    def __init__(self, item: int) -> None:
        super().__init__()
        self.item = item


CONSOLE = Console(width=10_000, color_system="truecolor", legacy_windows=False)
"""Only turns text into segments; nothing is ever printed on it."""


class Panel(Widget, can_focus=False):
    """A widget that paints its own lines.

    Textual dresses a line in its border anew whenever the widget changes, which takes a tenth of a
    millisecond a line. The borders of a panel seldom change, so they are kept and put around what is painted.
    """

    ALLOW_SELECT = False  # its lines are no text that Textual could select; the terminal can, with shift

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._painted: tuple[object, list[Strip]] | None = None
        self._frame: tuple[object, list[Segment], list[Segment]] | None = None
        self._edges: dict[int, Strip] = {}
        """Rows of the border, by their number."""
        self._edged: tuple[object, object] = (None, None)
        """The titles on them."""
        self._version = 0

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        """The lines to show, at most `height` of them and `width` cells wide each."""
        raise NotImplementedError

    def segments(self, width: int, height: int, colours: Palette, base: Style) -> list[list[Segment]]:
        """The same as segments; a widget with a great many styles makes them itself."""
        return [to_row(line, width, base) for line in self.paint(width, height, colours)[:height]]

    def changed(self) -> None:
        """What is drawn has changed: paint anew, this widget alone."""
        self._version += 1
        self.refresh()

    _title = _subtitle = ""

    def entitle(self, title: str) -> None:
        """Words on the upper border; the same again costs nothing."""
        if title != self._title:
            self._title = self.border_title = title

    def subtitle(self, subtitle: str) -> None:
        """Words on the lower border."""
        if subtitle != self._subtitle:
            self._subtitle = self.border_subtitle = subtitle

    def render_lines(self, crop: Region) -> list[Strip]:
        outer, top = self.outer_size.width, self.gutter.top
        if self.app.no_color:  # Textual takes the colours out of every line
            self._paint(self.rich_style, [], [], outer)
            return super().render_lines(crop)
        base = self.rich_style
        left, right = self._sides(base, outer, top)
        rows = self._paint(base, left, right, outer)
        lines: list[Strip] = []
        for y in crop.line_range:
            if top <= y < top + len(rows):
                lines.append(rows[y - top])
            else:
                if y not in self._edges:
                    self._edges[y] = super().render_lines(Region(0, y, outer, 1))[0]
                lines.append(self._edges[y])
        if crop.column_span != (0, outer):
            lines = [line.crop(*crop.column_span) for line in lines]
        return lines

    def _sides(self, base: Style, outer: int, top: int) -> tuple[list[Segment], list[Segment]]:
        """What lies left and right of the content in every row; nothing but a new look changes it."""
        titles = (self._border_title, self._border_subtitle)
        if titles != self._edged:
            self._edged, self._edges = titles, {}
        key = (self.outer_size, self.gutter, self.app.theme, base, self.styles.border)
        if self._frame is None or self._frame[0] != key:
            self._painted, self._edges = None, {}
            self._styles_cache.clear()
            row = super().render_lines(Region(0, top, outer, 1))[0] if self.size.height else Strip([])
            left, right = row.crop(0, self.gutter.left), row.crop(outer - self.gutter.right, outer)
            self._frame = (key, list(left), list(right))
        return self._frame[1], self._frame[2]

    def _paint(self, base: Style, left: list[Segment], right: list[Segment], outer: int) -> list[Strip]:
        """The rows of the content, with what is beside them."""
        width, height = self.size
        key = (self._version, width, height, self.app.theme, base, len(left) + len(right))
        if self._painted is None or self._painted[0] != key:
            colours = palette(self.app.theme_variables)
            rows = self.segments(width, height, colours, base) if width > 0 and height > 0 else []
            size = outer if left or right else width
            strips = [Strip([*left, *row, *right], size) for row in rows]
            blank = Strip([*left, Segment(" " * width, base), *right], size)
            self._painted = (key, strips + [blank] * (height - len(rows)))
        return self._painted[1]

    def render_line(self, y: int) -> Strip:
        strips = self._painted[1] if self._painted is not None else []
        return strips[y] if y < len(strips) else Strip.blank(self.size.width, self.rich_style)


def to_row(line: Text, width: int, base: Style) -> list[Segment]:
    """A line of text in exactly `width` cells on the widget's ground; nothing in it is read as markup."""
    if not line.spans:  # Rich forgets the base style of a text without any
        line.stylize(line.style)
    row = [
        Segment(text, base + style if style else base)
        for text, style, _ in line.render(CONSOLE)
        if text and text != "\n"
    ]
    length = sum(cell_len(segment.text) for segment in row)
    if length < width:
        row.append(Segment(" " * (width - length), base))
    return row if length <= width else list(Strip(row).crop(0, width))


def to_strip(line: Text, width: int, base: Style) -> Strip:
    """The same as a strip."""
    return Strip(to_row(line, width, base), width)
