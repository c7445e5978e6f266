# ruff: noqa: E501  # a table reads best with a row a line
"""The one table of actions: footer, help overlay, command palette and key bindings all read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Scope = Literal["everywhere", "users", "views", "walk"]
"""Where an action works; `views` is every screen about one user."""

VIEWS: tuple[Scope, ...] = ("walk",)


@dataclass(frozen=True)
class Action:
    """Something one can do, and the keys that do it."""

    id: str
    """Binding id, and the name after `action_` of the method."""
    scope: Scope
    keys: str
    """Textual's key names, comma-separated."""
    shown: str
    """The keys as a person reads them."""
    label: str
    """One or two words, for the footer."""
    help: str
    """A sentence, for the overlay and the palette."""
    group: str
    footer: int = 0
    """Place in the footer, the lower the longer it stays when there is little room; 0 is not shown."""
    footer_keys: str = ""
    """The keys in the footer, where they stand for this action and its opposite."""

    @property
    def command(self) -> str:
        """What a screen is asked to run: actions that work everywhere are the app's."""
        return f"app.{self.id}" if self.scope == "everywhere" else self.id


ACTIONS: tuple[Action, ...] = (
    Action("forward", "walk", "right,l", "→ l", "step", "One step on, towards the item", "Walk", 1, "←→"),
    Action("back", "walk", "left,h", "← h", "back", "One step back, towards noise", "Walk"),
    Action("forward_5", "walk", "shift+right,L", "shift+→ L", "five on", "Five steps on", "Walk"),
    Action("back_5", "walk", "shift+left,H", "shift+← H", "five back", "Five steps back", "Walk"),
    Action("first", "walk", "home,0", "home 0", "noise", "To pure noise, before the first step", "Walk", 9),
    Action("last", "walk", "end,dollar_sign", "end $", "item", "To the end of the walk: the recommendation", "Walk", 8),
    Action("go_to", "walk", "g", "g", "go to", "Go to a step by its number", "Walk", 10),
    Action("play", "walk", "space", "space", "play", "Play and pause", "Walk", 3),
    Action("faster", "walk", "plus,equals_sign", "+", "faster", "Play faster", "Walk"),
    Action("slower", "walk", "minus", "-", "slower", "Play slower", "Walk"),
    Action("seed", "views", "s", "s", "seed", "A new seed: another walk of the same history", "Walk", 4),
    Action("lens", "walk", "x", "x", "lens", "What is rounded: the state x_t, or what the model reads, x̂_0", "Look", 5),
    Action("history_up", "walk", "up,k", "↑ k", "older", "Scroll the history to older items", "Look"),
    Action("history_down", "walk", "down,j", "↓ j", "newer", "Scroll the history to newer items", "Look"),
    Action("export", "walk", "e", "e", "export", "Write what is on screen to a JSON file", "Look", 11),
    Action("view_walk", "views", "1", "1", "walk", "The walk, step by step", "Views", 8),
    Action("users", "views", "u,escape", "u", "users", "Back to the list of users", "Users", 6),
    Action("choose", "users", "enter,right,l", "enter", "open", "Open the user under the cursor", "Users", 1),
    Action("filter", "everywhere", "slash", "/", "filter", "Filter users: part of an id, len>20, rank<=10", "Users", 7),
    Action("order", "users", "o", "o", "order", "Order by: the data, history length, rank", "Users", 3),
    Action("clear", "users", "escape", "esc", "clear", "Clear the filter", "Users", 4),
    Action("next_user", "views", "n,right_square_bracket", "n", "next user", "The next user of the list", "Users", 12),
    Action("previous_user", "views", "p,left_square_bracket", "p", "previous", "The previous user of the list", "Users"),
    Action("reload", "everywhere", "r", "r", "reload", "Read the newest weights of the run", "Program", 13),
    Action("theme", "everywhere", "t", "t", "theme", "Light or dark", "Program", 14),
    Action("help", "everywhere", "question_mark", "?", "help", "All keys", "Program", 1),
    Action("command_palette", "everywhere", "ctrl+p", "ctrl+p", "palette", "Find an action by name", "Program"),
    Action("quit", "everywhere", "q", "q", "quit", "Leave", "Program", 2),
)  # fmt: skip

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(action.group for action in ACTIONS))


def bindings(scope: Scope) -> list[BindingType]:
    """Textual bindings of the actions of one screen, or of the app."""
    return [
        Binding(action.keys, action.id, action.label, show=False, id=f"{action.scope}.{action.id}")
        for action in available(scope)
        if action.scope in (scope, "views")
    ]


def available(scope: Scope) -> Iterator[Action]:
    """What one can do on a screen: its own actions, those of all views if it is one, those of the app."""
    scopes = (scope, "views", "everywhere") if scope in VIEWS else (scope, "everywhere")
    for one in dict.fromkeys(scopes):
        yield from (action for action in ACTIONS if action.scope == one)
