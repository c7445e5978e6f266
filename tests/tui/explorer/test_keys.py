from __future__ import annotations

from collections import Counter

import pytest

from diffurec_tui.app import ExplorerApp
from diffurec_tui.keys import ACTIONS, Scope, available
from diffurec_tui.screens.diversity import DiversityScreen
from diffurec_tui.screens.jobs import JobsScreen
from diffurec_tui.screens.map import MapScreen
from diffurec_tui.screens.metrics import MetricsScreen
from diffurec_tui.screens.users import UsersScreen
from diffurec_tui.screens.walk import WalkScreen
from diffurec_tui.screens.watch import WatchScreen
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.history_editor import HistoryEditor


@pytest.mark.parametrize(
    "scope", ["users", "walk", "diversity", "map", "metrics", "watch", "jobs", "dials", "edit"]
)
def test_a_key_does_one_thing_on_a_screen(scope: Scope):
    keys = Counter(key for action in available(scope) for key in action.keys.split(","))
    assert [key for key, number in keys.items() if number > 1] == []


def test_every_action_has_a_method_and_words():
    owners = {
        "walk": [WalkScreen], "map": [MapScreen], "diversity": [DiversityScreen], "users": [UsersScreen],
        "along": [UsersScreen, WalkScreen, MapScreen, DiversityScreen],
        "views": [WalkScreen, MapScreen, DiversityScreen], "steps": [WalkScreen, MapScreen],
        "plots": [MetricsScreen, WatchScreen], "metrics": [MetricsScreen],
        "jobs": [JobsScreen],
        "dials": [Dials], "edit": [HistoryEditor], "everywhere": [ExplorerApp],
    }  # fmt: skip
    for action in ACTIONS:
        for owner in owners[action.scope]:
            assert hasattr(owner, f"action_{action.id}"), action
        assert action.help
        assert action.label
        assert action.shown


def test_the_keys_that_are_promised():
    walk = {key: action.id for action in available("walk") for key in action.keys.split(",")}
    promised = {
        "left": "back", "h": "back", "right": "forward", "l": "forward",
        "shift+left": "back_5", "H": "back_5", "shift+right": "forward_5", "L": "forward_5",
        "home": "first", "0": "first", "end": "last", "dollar_sign": "last",
        "space": "play", "plus": "faster", "minus": "slower", "g": "go_to", "s": "seed",
        "u": "users", "slash": "filter", "e": "export", "x": "lens", "r": "reload", "t": "theme",
        "question_mark": "help", "ctrl+p": "command_palette", "q": "quit",
    }  # fmt: skip
    assert {key: walk.get(key) for key in promised} == promised
