"""`diffurec watch`: the plots alone, in the shell of the explorer."""

from __future__ import annotations

import gc
from pathlib import Path

from textual.screen import Screen

from diffurec_tui.keymap import Keymap
from diffurec_tui.metrics.followed import Following
from diffurec_tui.screens.plotting import title_of
from diffurec_tui.screens.watch import WatchScreen
from diffurec_tui.shell import Shell
from diffurec_tui.widgets.text import symbols


class WatchApp(Shell):
    """Trainings, while they go on and afterwards."""

    TITLE = "diffurec watch"
    CSS_PATH = ["theme/explorer.tcss", "theme/plots.tcss"]  # noqa: RUF012

    def __init__(
        self, following: Following, keymap: Keymap, theme: str, state: Path | None, *, hints: bool
    ) -> None:
        super().__init__(keymap, theme, state, hints=hints)
        self.plots = WatchScreen(following, title_of(following))

    def get_default_screen(self) -> Screen[None]:
        return self.plots

    def on_mount(self) -> None:
        self.set_class(not symbols().braille, "ascii")
        gc.freeze()
        gc.enable()
        self.call_after_refresh(self.greet, "watch")
