"""The plots of `diffurec watch`."""

from __future__ import annotations

from diffurec_tui.keys import Scope, bindings
from diffurec_tui.screens.plotting import PlotsScreen


class WatchScreen(PlotsScreen):
    """All there is on screen."""

    BINDINGS = bindings("watch")
    scope: Scope = "watch"
