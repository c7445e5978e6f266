"""Type or paste a history by titles or ids, see what each piece is taken for, and walk it."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Input

from diffurec_tui.own_history import ARROW, Reader, Reading, Typed, own_of, split
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.snapshots import Own
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, ellipsis, fit, spelled, symbols

PAGE = 8
AT_ONCE_SECONDS = 0.008
"""For how long pieces are looked for before the screen is drawn again."""
MOST_PASTED = 50_000
"""Characters of a paste: more than any history that a model reads."""


class OneLine(Input):
    """Takes pasted lines as pieces, where a plain input takes the first line alone."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        lines = (clean(line) for line in event.text[:MOST_PASTED].splitlines())
        text = " | ".join(line for line in lines if line)
        if self.selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *self.selection)


class Pieces(Panel):
    """What each piece is taken for, the last one at the bottom unless one scrolls."""

    reader: Reader
    typed: Typed = Typed((), ())
    said: str = ""
    alarmed = False
    scrolled = 0
    """Pieces below the lower edge."""

    def show(self, typed: Typed, said: str, *, alarmed: bool) -> None:
        if typed != self.typed:
            self.scrolled = 0
        self.typed, self.said, self.alarmed = typed, said, alarmed
        self.changed()

    def scroll_pieces(self, by: int) -> None:
        """Towards the first (positive) or the last."""
        most = max(0, len(self.typed.pieces) - self._room(self.size.height))
        self.scrolled = min(most, max(0, self.scrolled + by))
        self.changed()

    def bring(self, place: int) -> None:
        """Scroll to a piece."""
        self.scroll_pieces(len(self.typed.pieces) - 1 - place - self.scrolled)

    @staticmethod
    def _room(height: int) -> int:
        return max(1, height - 2)  # above: one line that sums up, and a space

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.scroll_pieces(3)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.scroll_pieces(-3)
        event.stop()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        style = colours.target if self.alarmed else colours.muted
        lines = [Text(f" {ellipsis(spelled(self.said), width - 2)}", style), Text()]
        pieces = self.typed.pieces
        end = len(pieces) - self.scrolled
        for place in range(max(0, end - self._room(height)), end):
            is_target = place >= len(self.typed.history)
            number = symbols().star if is_target else str(place + 1)
            line = Text(
                f" {number:>{len(str(len(pieces)))}} ", colours.target if is_target else colours.faint
            )
            lines.append(line + self._piece(pieces[place], max(1, width - line.cell_len - 1), colours))
        return lines

    def _piece(self, piece: str, width: int, colours: Palette) -> Text:
        """The title it is taken for, and what was typed where that is something else."""
        sign, reading = symbols(), self.reader.known(piece)
        if reading is None:
            return Text(fit(f"{clean(piece)} {sign.more}", width), colours.faint)
        if not reading.items:
            return Text(fit(f"{sign.differs} not found: {clean(piece)}", width), colours.target)
        titles = f" {sign.dot} ".join(clean(self.reader.items.name(item)) for item in reading.items)
        others = f", {reading.others} more like it" if reading.others else ""
        typed = "" if reading.how == "title" else f"  {ellipsis(clean(piece), width // 3)}{others}"
        line = Text(ellipsis(titles, max(8, width - len(typed))), colours.text)
        line.append(ellipsis(typed, max(0, width - line.cell_len)), colours.muted)
        return line


class OwnHistoryScreen(Overlay[Own]):
    """Dismissed with a history, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False, priority=True),
        Binding("up", "scroll(1)", show=False, priority=True),
        Binding("down", "scroll(-1)", show=False, priority=True),
        Binding("pageup", f"scroll({PAGE})", show=False, priority=True),
        Binding("pagedown", f"scroll(-{PAGE})", show=False, priority=True),
    ]

    def __init__(self, reader: Reader, max_len: int) -> None:
        """Begin with what was typed the last time.

        Args:
            reader: finds items, and keeps what is typed.
            max_len: items the model reads, counted from the newest.
        """
        super().__init__()
        self.reader, self.max_len = reader, max_len
        self.typed = split("")
        self._timer: Timer | None = None
        self._wants_out = False
        self._told = False
        """Whether it was said what enter leaves out."""

    def compose(self) -> ComposeResult:
        with Vertical(id="pick") as box:
            box.border_title = "A history of your own"
            box.border_subtitle = spelled("enter walks it · esc leaves · ↑↓ scroll · ctrl+u clears")
            yield OneLine(
                self.reader.text,
                placeholder="titles or ids, the oldest first",
                id="typed",
                select_on_focus=False,
            )
            pieces = Pieces(id="matches")
            pieces.reader = self.reader
            yield pieces

    def on_mount(self) -> None:
        self._read_on()

    @on(Input.Changed)
    def _typing(self, event: Input.Changed) -> None:
        self.reader.text = event.value
        self.typed = split(event.value)
        self._told = self._wants_out = False
        self._read_on()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._wants_out = True
        self._read_on()

    def _read_on(self) -> None:
        """Look for some of the pieces that are new, and for the rest after the screen is drawn."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        until = time.perf_counter() + AT_ONCE_SECONDS
        for piece in self.typed.pieces:
            if self.reader.known(piece) is None:
                if time.perf_counter() > until:
                    self._timer = self.set_timer(0.001, self._read_on)
                    break
                self.reader.read(piece)
        else:
            if self._wants_out and self._leave():
                return
        self._show()

    def _readings(self, pieces: tuple[str, ...]) -> list[Reading]:
        return [reading for piece in pieces if (reading := self.reader.known(piece)) is not None]

    @property
    def _missing(self) -> list[int]:
        """Places of the pieces that are not found."""
        known = map(self.reader.known, self.typed.pieces)
        return [place for place, one in enumerate(known) if one is not None and not one.items]

    def _leave(self) -> bool:
        """Walk the history, unless there is something to tell first."""
        self._wants_out = False
        own = own_of(self._readings(self.typed.history), self._readings(self.typed.target))
        if own is None or (self._missing and not self._told):
            self._told = True
            if self._missing:
                self.query_one(Pieces).bring(self._missing[0])
            return False
        self.dismiss(own)
        return True

    def _show(self) -> None:
        said, alarmed = self._said()
        for pieces in self.query(Pieces):  # none, where the program ends before it is drawn
            pieces.show(self.typed, said, alarmed=alarmed)

    def _said(self) -> tuple[str, bool]:
        """One line about what was typed, and whether it tells of something amiss."""
        typed, missing = self.typed, len(self._missing)
        found = sum(len(one.items) for one in self._readings(typed.history))
        if self._told and not found:
            return "type at least one item that the model knows", True
        if self._told and missing:
            return f"{missing} not found: enter again leaves {'it' if missing == 1 else 'them'} out", True
        if len(typed.target) > 1 or sum(len(one.items) for one in self._readings(typed.target)) > 1:
            return f"one item goes after {ARROW}; the first is taken", True
        if not typed.pieces:
            return f"| or ; or a new line between items · {ARROW} before the true next one", False
        parts = [f"{found} item{'s' * (found != 1)}"]
        if found > self.max_len:
            parts.append(f"the newest {self.max_len} are read")
        if missing:
            parts.append(f"{missing} not found")
        known = any(one.items for one in self._readings(typed.target))
        parts.append("next item known" if known else f"{ARROW} before the next item")
        return " · ".join(parts), bool(missing)

    def action_scroll(self, by: int) -> None:
        self.query_one(Pieces).scroll_pieces(by)

    def action_cancel(self) -> None:
        self.dismiss(None)
