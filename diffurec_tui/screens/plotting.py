"""Plots of trainings: what the keys do, and when what is drawn anew."""

from __future__ import annotations

from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.widgets import Input

from diffurec.errors import UserError
from diffurec.following.track import SMOOTHING
from diffurec_tui.keymap import keymap_of
from diffurec_tui.metrics.followed import Following
from diffurec_tui.metrics.look import Look, name_of
from diffurec_tui.screens.top import TopScreen
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.plot_dots import place_told
from diffurec_tui.widgets.plots import Plots
from diffurec_tui.widgets.run_rows import PlotsHeader, RunRows
from diffurec_tui.widgets.text import clean, ellipsis, spelled, symbols

SECONDS = 0.25
"""Between looks at the files: what comes in is drawn at most four times a second."""
STATE_LOOKS = 8
"""Looks after which the state of the processes is asked for, too."""
AT_ONCE = 1 << 16
"""Bytes read before keys have their turn again: about a thousandth of a second in every fifty."""
CATCHING_UP = 0.01
FAR = 10
"""Columns that the cursor goes with shift."""
SHORT = 30


class PlotsScreen(TopScreen):
    """All series of all runs, or one of them large."""

    CSS_PATH = "../theme/plots.tcss"
    AUTO_FOCUS = ""  # the keys are the screen's, unless one types a filter

    def __init__(self, following: Following, title: str) -> None:
        super().__init__()
        self.following = following
        self.title_shown = title
        self.look = Look()
        self._series: list[str] = []
        self._looks = 0
        self._news = True
        self._catching_up = False

    def compose(self) -> ComposeResult:
        yield PlotsHeader(id="header")
        yield RunRows(id="runs")
        yield Plots(id="plots-grid")
        yield Input(id="series-filter", placeholder="a regular expression: loss|HR, val/, @10$", compact=True)
        yield Footer(self.scope)

    def on_mount(self) -> None:
        self.set_interval(SECONDS, self.read)
        self.read()

    def on_resize(self) -> None:
        self.set_class(self.size.height < SHORT, "short")
        self.show()

    def on_screen_resume(self) -> None:
        self._news = True
        self.read()

    # Reading.

    def read(self) -> None:
        """Look whether there is something new; nothing is read while nobody looks."""
        if not self.is_current or not self.app.is_running:
            return
        changed = self.following.read(AT_ONCE)
        if self._looks % STATE_LOOKS == 0:
            changed = self.following.read_states() or changed
        self._looks += 1
        if changed or self._news:
            self.show()
        self._catch_up()

    def _catch_up(self) -> None:
        if self.following.behind and not self._catching_up:
            self._catching_up = True
            self.set_timer(CATCHING_UP, self._read_more)

    def _read_more(self) -> None:
        self._catching_up = False
        if self.is_current:
            self._news = self.following.read(AT_ONCE) or self._news
            self._catch_up()

    # Drawing.

    def show(self) -> None:
        """Draw what is known."""
        if not self.is_mounted:
            return
        self._news = False
        look, runs = self.look, self.following.runs
        shown = look.shown(runs)
        self._series = look.series(shown)
        if look.selected not in self._series:
            look.focused = look.focused and bool(self._series)
            look.selected = self._series[0] if self._series else ""
        series = [look.selected] if look.focused else self._series
        look.measure(shown, series)
        self.query_one(PlotsHeader).show(*self._told())
        rows = self.query_one(RunRows)
        most = max(2, self.size.height // 8)
        rows.styles.height = min(most, len(runs) + look.focused)
        rows.show(runs, look)
        self.query_one(Plots).show(shown, look, series, self._message())

    def _told(self) -> list[str]:
        """How one looks, in words."""
        look, runs = self.look, self.following.runs
        start, end = look.window
        at = f"at {look.axis} {place_told(look.cursor, look.axis)}" if look.cursor is not None else ""
        told = [
            at or f"{look.axis} {place_told(start, look.axis)} to {place_told(end, look.axis)}",
            "" if look.smoothing is None else f"smoothed {SMOOTHING[look.smoothing]:g}",
            "log" if look.log else "",
            f"zoom {1 / look.share:.3g}{symbols().times}" if look.share < 1 else "",
            "" if look.pattern is None else f"/{ellipsis(clean(look.pattern.pattern), 20)}/",
            "" if look.group == "all" else look.group,
            f"{look.alone} alone" if look.alone else "",
        ]
        title = name_of(look.selected) if look.focused else self.title_shown
        many = f"{len(runs)} runs" if len(runs) > 1 else ""
        return [ellipsis(clean(title), 40), *(part for part in (many, *told) if part)]

    def _message(self) -> str:
        """Why there is nothing to see."""
        look, key = self.look, keymap_of(self).key
        if look.pattern is not None or look.group != "all":
            return f"no series of that name or kind; {key('plots.back')} shows all"
        troubles = [run.source.trouble for run in self.following.runs if run.source.trouble]
        if troubles:
            return clean(troubles[0])
        if self.following.behind:
            return f"reading{symbols().more}"
        return "no metrics yet: they come with the first line that the training writes"

    # Along the axis.

    @property
    def plots(self) -> Plots:
        return self.query_one(Plots)

    def _move(self, columns: int) -> None:
        self.look.move(columns, self.plots.room)
        self.show()

    def action_cursor_left(self) -> None:
        self._move(-1)

    def action_cursor_right(self) -> None:
        self._move(1)

    def action_cursor_far_left(self) -> None:
        self._move(-FAR)

    def action_cursor_far_right(self) -> None:
        self._move(FAR)

    def action_cursor_first(self) -> None:
        """To the left edge of what is seen."""
        self.look.cursor = self.look.window[0]
        self.show()

    def action_cursor_newest(self) -> None:
        self.look.cursor, self.look.end = None, None
        self.show()

    def action_zoom_in(self) -> None:
        self.look.zoom(0.5)
        self.show()

    def action_zoom_out(self) -> None:
        self.look.zoom(2)
        self.show()

    def action_pan_left(self) -> None:
        self.look.pan(-0.25)
        self.show()

    def action_pan_right(self) -> None:
        self.look.pan(0.25)
        self.show()

    def action_fit_all(self) -> None:
        self.look.fit_all()
        self.show()

    # What is drawn, and how.

    def action_axis(self) -> None:
        self.look.turn_axis()
        self.show()

    def action_smooth(self) -> None:
        self.look.turn_smoothing()
        self.show()

    def action_log(self) -> None:
        self.look.log = not self.look.log
        self.show()

    def action_kind(self) -> None:
        self.look.turn_group()
        self.show()

    def action_alone(self) -> None:
        """One run after the other, then all again."""
        letters = ["", *(run.letter for run in self.following.runs)]
        place = letters.index(self.look.alone) if self.look.alone in letters else 0
        self.look.alone = letters[(place + 1) % len(letters)] if len(letters) > 2 else ""
        self.show()

    def _select(self, by: int) -> None:
        if self._series:
            place = self._series.index(self.look.selected) + by
            self.look.selected = self._series[place % len(self._series)]
            self.show()

    def action_plot_next(self) -> None:
        self._select(1)

    def action_plot_back(self) -> None:
        self._select(-1)

    def action_plot_below(self) -> None:
        self._select(1 if self.look.focused else self.plots.grid.columns)

    def action_plot_above(self) -> None:
        self._select(-1 if self.look.focused else -self.plots.grid.columns)

    def action_focus_plot(self) -> None:
        """One plot as large as the screen, or all of them again."""
        self.look.focused = not self.look.focused and bool(self._series)
        self.show()

    def go_back(self) -> bool:
        """Undo what hides something, the last first; whether there was anything."""
        look = self.look
        if look.focused:
            look.focused = False
        elif look.pattern is not None:
            look.pattern = None
            self.query_one("#series-filter", Input).value = ""
        elif look.group != "all":
            look.group = "all"
        elif look.alone:
            look.alone = ""
        elif look.share < 1:
            look.fit_all()
        elif look.cursor is not None:
            look.cursor = None
        else:
            return False
        self.show()
        return True

    def action_back(self) -> None:
        self.go_back()

    # Which series and runs.

    def action_filter(self) -> None:
        self.add_class("filtering")
        self.query_one("#series-filter", Input).focus()

    @on(Input.Changed, "#series-filter")
    def _typed(self, event: Input.Changed) -> None:
        wrong = self.look.search(event.value)
        self.query_one(Footer).say(clean(wrong))
        if not wrong:
            self.show()

    @on(Input.Submitted, "#series-filter")
    def _end_filter(self) -> None:
        self.set_focus(None)
        self.remove_class("filtering")
        self.query_one(Footer).say("")

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.has_class("filtering"):
            event.stop()
            self.query_one("#series-filter", Input).value = ""
            self._end_filter()

    def action_others(self) -> None:
        """The other runs in the folder of the first, beside it; again: none but those one began with."""
        runs = self.following.runs
        folder = runs[0].folder.resolve().parent if runs else Path.cwd()
        try:
            new = self.following.add_all(folder)
        except UserError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        if new:
            self.notify(f"{new} more of {folder.name or folder}", timeout=3, markup=False)
        elif not self.following.let_go():
            self.notify(f"there is no other run in {folder}", timeout=3, markup=False)
        self.look.alone = ""
        self._looks = 0
        self._news = True
        self.read()

    def action_settings(self) -> None:
        from diffurec_tui.screens.settings import SettingsScreen

        self.app.push_screen(SettingsScreen(self.look.shown(self.following.runs)))

    # The mouse.

    @on(Plots.Picked)
    def _picked(self, event: Plots.Picked) -> None:
        self.look.selected = event.series
        if 0 <= event.share <= 1:
            start, end = self.look.window
            self.look.cursor = start + event.share * (end - start)
        self.show()

    @on(Plots.Turned)
    def _turned(self, event: Plots.Turned) -> None:
        self.look.zoom(0.5 if event.up else 2)
        self.show()


def title_of(following: Following) -> str:
    """What is looked at, in a word or two."""
    return following.runs[0].name if len(following.runs) == 1 else spelled("metrics")
