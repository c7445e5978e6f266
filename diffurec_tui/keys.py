# ruff: noqa: E501  # a table reads best with a row a line
"""The one table of actions: footer, help overlay, command palette and key bindings all read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Scope = Literal[
    "everywhere", "along", "users", "views", "steps", "walk", "diversity", "map", "dials", "edit", "plots",
    "metrics", "watch", "jobs",
]  # fmt: skip
"""Where an action works; `views` is every screen about one user, `steps` those with a step, `along` is
the list of users and all that goes along it; `plots` is the metrics of trainings, in the explorer
(`metrics`) and alone (`watch`), `jobs` the trainings themselves."""

VIEWS: tuple[Scope, ...] = ("walk", "diversity", "map")
STEPPED: tuple[Scope, ...] = ("walk", "map")
MODES: tuple[Scope, ...] = ("dials", "edit")
"""Scopes of a widget that takes the keys for a while."""
PLOTTED: tuple[Scope, ...] = ("plots", "metrics", "watch")
BESIDE: tuple[Scope, ...] = (*PLOTTED, "jobs")
"""Screens that are not about users."""
PROGRAM = ("theme", "help", "command_palette", "quit")
"""Of what works everywhere, what has nothing to do with users."""


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
    def binding(self) -> str:
        """Names the action in the table, in Textual's bindings and in a user's own keys."""
        return f"{self.scope}.{self.id}"

    @property
    def command(self) -> str:
        """What a screen is asked to run: actions that work everywhere are the app's."""
        return f"app.{self.id}" if self.scope == "everywhere" else self.id


ACTIONS: tuple[Action, ...] = (
    Action("forward", "steps", "right,l", "→ l", "step", "One step on, towards the item", "Walk", 1, "←→"),
    Action("back", "steps", "left,h", "← h", "back", "One step back, towards noise", "Walk"),
    Action("forward_5", "steps", "shift+right,L", "shift+→ L", "five on", "Five steps on", "Walk"),
    Action("back_5", "steps", "shift+left,H", "shift+← H", "five back", "Five steps back", "Walk"),
    Action("first", "steps", "home,0", "home 0", "noise", "To pure noise, before the first step", "Walk", 15),
    Action("last", "steps", "end,dollar_sign", "end $", "item", "To the end of the walk: the recommendation", "Walk", 14),
    Action("go_to", "everywhere", "g", "g", "go to", "Go to a step, a user or an item, by number, id or title", "Views", 9),
    Action("play", "steps", "space", "space", "play", "Play and pause", "Walk", 4),
    Action("faster", "steps", "plus,equals_sign", "+", "faster", "Play faster", "Walk"),
    Action("slower", "steps", "minus", "-", "slower", "Play slower", "Walk"),
    Action("loop", "steps", "o", "o", "loop", "Play from noise again at the end, or stop there", "Walk"),
    Action("follow", "steps", "F", "F", "follow", "Stay at the newest state while walks come in", "Walk"),
    Action("seed", "views", "s", "s", "seed", "A new seed: another walk of the same history", "Walk", 2),
    Action("fork", "walk", "f", "f", "fork", "Fork here: the same past, another future", "Walk", 7),
    Action("previous_walk", "walk", "left_square_bracket", "[", "walks", "To the walk above in the tree of this user's walks", "Walk", 17, "[]"),
    Action("next_walk", "walk", "right_square_bracket", "]", "walk after", "To the walk below in the tree", "Walk"),
    Action("tree", "walk", "T", "T", "tree", "The walks seen of this user as a tree, to go to one", "Walk", 18),
    Action("dials", "walk", "d", "d", "dials", "Dials: λ, steps, variance, rounding, temperature, seen items", "Change", 5),
    Action("edit", "walk", "w", "w", "edit", "What if: edit the history", "Change", 8),
    Action("pin", "walk", "P", "P", "compare", "Keep this walk beside the ones that follow, or let go of it", "Change", 3),
    Action("flip", "walk", "v", "v", "pinned", "Show the pinned walk instead, where there is room for one list", "Change"),
    Action("why", "walk", "y", "y", "why", "Why: influence of each item on the top-1, on the true item, attention, off", "Change", 11),
    Action("lens", "steps", "x", "x", "lens", "What is rounded: the state x_t, or what the model reads, x̂_0", "Look", 12),
    Action("track", "walk", "i", "i", "track", "Follow one more item through every walk, or let go of it", "Look", 19),
    Action("history_up", "walk", "up,k", "↑ k", "older", "Scroll the history to older items", "Look"),
    Action("history_down", "walk", "down,j", "↓ j", "newer", "Scroll the history to newer items", "Look"),
    Action("export", "walk", "e", "e", "export", "Write what is on screen to a JSON file", "Look", 16),
    Action("view_walk", "views", "1", "1", "walk", "The walk, step by step", "Views"),
    Action("view_diversity", "views", "2", "2", "views", "Diversity: many walks; would another draw have said something else?", "Views", 6, "12345"),
    Action("more", "diversity", "m", "m", "walks", "Draw more walks, up to a thousand", "Diversity", 1, "m M"),
    Action("fewer", "diversity", "M", "M", "fewer", "Look at fewer of the walks", "Diversity"),
    Action("longer", "diversity", "k", "k", "length", "Longer lists: 1, 5, 10, 20 or 50 items", "Diversity", 4, "k K"),
    Action("shorter", "diversity", "K", "K", "shorter", "Shorter lists", "Diversity"),
    Action("view_metrics", "along", "4", "4", "metrics", "Metrics: plots of the training, live; other runs over it", "Views", 18),
    Action("view_jobs", "along", "5", "5", "jobs", "Jobs: the runs beside this one; start, stop and resume trainings", "Views", 20),
    Action("up", "diversity", "up", "↑", "up", "Scroll the items up", "Diversity"),
    Action("down", "diversity", "down", "↓", "items", "Scroll the items down", "Diversity", 10, "↑↓"),
    Action("page_up", "diversity", "pageup", "page ↑", "page up", "Scroll a page up", "Diversity"),
    Action("page_down", "diversity", "pagedown", "page ↓", "page down", "Scroll a page down", "Diversity"),
    Action("pin", "diversity", "P", "P", "compare", "Keep these draws beside the ones that follow, or let go of them", "Diversity", 3),
    Action("dials", "diversity", "d", "d", "dials", "Dials: λ, steps, variance, rounding, seen items", "Diversity", 5),
    Action("export", "diversity", "e", "e", "export", "Write what is drawn to a JSON file", "Diversity", 11),
    Action("view_map", "views", "3", "3", "map", "The map: all items in two dimensions, and the walk among them", "Views"),
    Action("mark_next", "map", "tab", "tab", "mark", "To the next mark: true item, list, history", "Map", 3),
    Action("mark_back", "map", "shift+tab", "shift+tab", "mark", "To the mark before", "Map"),
    Action("unpick", "map", "backspace", "bksp", "let go", "Let go of the mark", "Map"),
    Action("zoom_in", "map", "z", "z", "zoom", "Nearer, around the mark or the state", "Map", 3, "zZ"),
    Action("zoom_out", "map", "Z", "Z", "farther", "Farther", "Map"),
    Action("pan_left", "map", "A", "A", "pan", "Look further left", "Map", 8, "WASD"),
    Action("pan_right", "map", "D", "D", "right", "Look further right", "Map"),
    Action("pan_up", "map", "W,up", "W ↑", "up", "Look further up", "Map"),
    Action("pan_down", "map", "S,down", "S ↓", "down", "Look further down", "Map"),
    Action("centre", "map", "c", "c", "near", "Look at the list and the newest of the history from near by", "Map", 7),
    Action("fit_all", "map", "a", "a", "all", "Look at everything", "Map", 8),
    Action("cloud_more", "map", "m", "m", "cloud", "Where 100 walks of this user end, as a cloud; again: more, up to 1,000", "Map", 9, "m M"),
    Action("cloud_fewer", "map", "M", "M", "fewer", "Fewer samples in the clouds, at last none", "Map"),
    Action("cloud_other", "map", "N", "N", "other user", "The cloud of the next user of the list beside it", "Map", 10),
    Action("cloud_random", "map", "Y", "Y", "any user", "The cloud of a user drawn at random beside it", "Map"),
    Action("cloud_near", "map", "v", "v", "clouds", "Look at the clouds from near by: all, then each of them", "Map", 16),
    Action("cloud_clear", "map", "C", "C", "no clouds", "Clear the clouds", "Map"),
    Action("tsne", "map", "T", "T", "t-SNE", "All items by t-SNE, or in the plane in which they differ the most", "Map", 11),
    Action("colour", "map", "b", "b", "colour", "Tell items apart by category, popularity, cluster, not at all", "Map", 11),
    Action("export", "map", "e", "e", "export", "Write what is on the map to a JSON file", "Map", 17),
    Action("users", "views", "u,escape", "u", "users", "Back to the list of users", "Users", 11),
    Action("choose", "users", "enter,right,l", "enter", "open", "Open the user under the cursor", "Users", 1),
    Action("filter", "everywhere", "slash", "/", "filter", "Filter users: part of an id, len>20, rank<=10, hit, miss, pop<50, lock>=3", "Users", 10),
    Action("order", "users", "o", "o", "order", "Order by: the data, id, history length, popularity, rank, lock-in", "Users", 3, "o O"),
    Action("order_back", "users", "O", "O", "reverse", "The same order from its other end", "Users"),
    Action("next_miss", "along", "right_curly_bracket", "}", "next miss", "The next user of the list whose true next item is not in the top 10", "Users", 12, "} {"),
    Action("previous_miss", "along", "left_curly_bracket", "{", "miss before", "The previous one", "Users"),
    Action("next_hit", "along", "right_parenthesis", ")", "next hit", "The next user of the list whose true next item is in the top 10", "Users", 13, ") ("),
    Action("previous_hit", "along", "left_parenthesis", "(", "hit before", "The previous one", "Users"),
    Action("random_user", "along", "R", "R", "random", "Any user of the list", "Users", 14),
    Action("own", "users", "i", "i", "your own", "A history of your own: type or paste titles or ids", "Users", 15),
    Action("clear", "users", "escape", "esc", "clear", "Clear the filter", "Users", 16),
    Action("next_user", "views", "n", "n", "next user", "The next user of the list", "Users", 12),
    Action("previous_user", "views", "p", "p", "previous", "The previous user of the list", "Users"),
    Action("dial_up", "dials", "up,k", "↑ k", "dial", "The dial above", "Dials", 1, "↑↓"),
    Action("dial_down", "dials", "down,j", "↓ j", "dial", "The dial below", "Dials"),
    Action("dial_left", "dials", "left,h", "← h", "turn", "Turn to the left", "Dials", 2, "←→"),
    Action("dial_right", "dials", "right,l", "→ l", "turn", "Turn to the right", "Dials"),
    Action("dial_reset", "dials", "0", "0", "reset", "This dial as the model has it", "Dials", 3),
    Action("dials_reset", "dials", "r", "r", "reset all", "All dials as the model has them", "Dials", 4),
    Action("dials_close", "dials", "escape,d", "esc d", "close", "Leave the dials as they are", "Dials", 5),
    Action("edit_up", "edit", "up,k", "↑ k", "item", "The item before", "What if", 1, "↑↓"),
    Action("edit_down", "edit", "down,j", "↓ j", "item", "The item after", "What if"),
    Action("edit_remove", "edit", "x,delete", "x", "remove", "Take the item out of the history", "What if", 2),
    Action("edit_add", "edit", "a", "a", "add", "Add an item after it, found by its title", "What if", 3),
    Action("edit_replace", "edit", "r", "r", "replace", "Put another item in its place", "What if", 4),
    Action("edit_earlier", "edit", "shift+up,K", "shift+↑ K", "move", "Move the item towards the oldest", "What if", 7, "shift+↑↓"),
    Action("edit_later", "edit", "shift+down,J", "shift+↓ J", "move", "Move the item towards the newest", "What if"),
    Action("edit_restore", "edit", "0", "0", "reset", "The history as the data has it", "What if", 6),
    Action("edit_leave", "edit", "escape,w", "esc w", "close", "Leave the history as it is now", "What if", 5),
    Action("cursor_right", "plots", "right,l", "→ l", "read", "The cursor to the right: values of all runs there", "Metrics", 2, "←→"),
    Action("cursor_left", "plots", "left,h", "← h", "left", "The cursor to the left", "Metrics"),
    Action("cursor_far_right", "plots", "shift+right,L", "shift+→ L", "ten right", "The cursor ten columns to the right", "Metrics"),
    Action("cursor_far_left", "plots", "shift+left,H", "shift+← H", "ten left", "The cursor ten columns to the left", "Metrics"),
    Action("cursor_first", "plots", "home,0", "home 0", "left edge", "The cursor to the left edge of what is seen", "Metrics"),
    Action("cursor_newest", "plots", "end,dollar_sign", "end $", "newest", "Read the newest values, and go along with them", "Metrics", 13),
    Action("focus_plot", "plots", "enter", "enter", "large", "The plot that is marked as large as the screen, or all of them", "Metrics", 1),
    Action("plot_next", "plots", "tab", "tab", "next plot", "Mark the next plot", "Metrics", 3),
    Action("plot_back", "plots", "shift+tab", "shift+tab", "plot before", "Mark the plot before", "Metrics"),
    Action("plot_below", "plots", "down,j", "↓ j", "below", "Mark the plot below", "Metrics"),
    Action("plot_above", "plots", "up,k", "↑ k", "above", "Mark the plot above", "Metrics"),
    Action("smooth", "plots", "s", "s", "smooth", "Smoothing: none, 0.6, 0.9, 0.99 of the running mean", "Metrics", 4),
    Action("axis", "plots", "x", "x", "axis", "Over what: step, epoch, time since the start", "Metrics", 5),
    Action("log", "plots", "y", "y", "log", "A logarithmic scale, or a plain one", "Metrics", 6),
    Action("zoom_in", "plots", "z", "z", "zoom", "Nearer, around the cursor or up to the newest", "Metrics", 7, "zZ"),
    Action("zoom_out", "plots", "Z", "Z", "farther", "Farther", "Metrics"),
    Action("pan_left", "plots", "A", "A", "pan", "Look further left", "Metrics", 14, "AD"),
    Action("pan_right", "plots", "D", "D", "right", "Look further right", "Metrics"),
    Action("fit_all", "plots", "a", "a", "all", "Look at everything from the first step to the newest", "Metrics", 15),
    Action("filter", "plots", "slash", "/", "filter", "Show the series of a regular expression alone", "Metrics", 8),
    Action("kind", "plots", "g", "g", "group", "Which series: all, training, validation, machine", "Metrics", 10),
    Action("others", "plots", "o", "o", "runs", "The other runs of the folder over this one, or this one alone", "Metrics", 9),
    Action("alone", "plots", "v", "v", "one run", "One run after the other alone, then all of them", "Metrics", 11),
    Action("settings", "plots", "d", "d", "differ", "In which settings the runs differ", "Metrics", 12),
    Action("back", "plots", "escape,backspace", "esc", "back", "Back: from one plot to all, from a filter, a zoom, a cursor; at last, to where one was", "Metrics", 16),
    Action("users", "metrics", "u", "u", "users", "Back to the list of users", "Metrics", 17),
    Action("job_up", "jobs", "up,k", "↑ k", "up", "The run above", "Jobs"),
    Action("job_down", "jobs", "down,j", "↓ j", "run", "The run below", "Jobs", 7, "↑↓"),
    Action("job_page_up", "jobs", "pageup", "page ↑", "page up", "A page up, in the list or the log", "Jobs"),
    Action("job_page_down", "jobs", "pagedown", "page ↓", "page down", "A page down", "Jobs"),
    Action("job_first", "jobs", "home,0", "home 0", "first", "The first run", "Jobs"),
    Action("job_last", "jobs", "end,dollar_sign", "end $", "last", "The last run", "Jobs"),
    Action("job_new", "jobs", "n", "n", "new", "Start a training in the background", "Jobs", 1),
    Action("job_stop", "jobs", "s", "s", "stop", "Save and stop the training", "Jobs", 2),
    Action("job_resume", "jobs", "R", "R", "resume", "Go on with a training that has ended before its end", "Jobs", 3),
    Action("job_log", "jobs", "l", "l", "log", "Its log on the whole screen, or with the list again", "Jobs", 4),
    Action("job_open", "jobs", "enter", "enter", "open", "Open its best weights in the explorer", "Jobs", 5),
    Action("job_close", "jobs", "escape,backspace", "esc", "back", "Back to the list, or to where one was", "Jobs", 5),
    Action("users", "jobs", "u", "u", "users", "Back to the list of users", "Jobs", 8),
    Action("reload", "everywhere", "r", "r", "reload", "Read the newest weights of the run", "Program", 13),
    Action("theme", "everywhere", "t", "t", "theme", "The next theme: light, dark", "Program", 14),
    Action("help", "everywhere", "question_mark", "?", "help", "All keys, and what the words on screen mean", "Program", 1),
    Action("command_palette", "everywhere", "ctrl+p", "ctrl+p", "palette", "Find an action by name", "Program"),
    Action("quit", "everywhere", "q", "q", "quit", "Leave", "Program", 2),
)  # fmt: skip

TOGETHER: dict[str, tuple[str, ...]] = {
    "views.view_diversity": (
        *(f"views.view_{name}" for name in VIEWS),
        "along.view_metrics",
        "along.view_jobs",
    ),
    "steps.forward": ("steps.back", "steps.forward"),
    "diversity.more": ("diversity.more", "diversity.fewer"),
    "diversity.longer": ("diversity.longer", "diversity.shorter"),
    "diversity.down": ("diversity.up", "diversity.down"),
    "map.zoom_in": ("map.zoom_in", "map.zoom_out"),
    "map.cloud_more": ("map.cloud_more", "map.cloud_fewer"),
    "map.pan_left": ("map.pan_up", "map.pan_left", "map.pan_down", "map.pan_right"),
    "users.order": ("users.order", "users.order_back"),
    "along.next_miss": ("along.next_miss", "along.previous_miss"),
    "along.next_hit": ("along.next_hit", "along.previous_hit"),
    "dials.dial_up": ("dials.dial_up", "dials.dial_down"),
    "dials.dial_left": ("dials.dial_left", "dials.dial_right"),
    "edit.edit_up": ("edit.edit_up", "edit.edit_down"),
    "walk.previous_walk": ("walk.previous_walk", "walk.next_walk"),
    "plots.cursor_right": ("plots.cursor_left", "plots.cursor_right"),
    "plots.zoom_in": ("plots.zoom_in", "plots.zoom_out"),
    "plots.pan_left": ("plots.pan_left", "plots.pan_right"),
    "jobs.job_down": ("jobs.job_up", "jobs.job_down"),
    "edit.edit_earlier": ("edit.edit_earlier", "edit.edit_later"),
}
"""Actions that share a place in the footer: whose keys `footer_keys` has, in its order."""

TAKEN: dict[Scope, str] = {
    "users": "up,k,down,j,pageup,pagedown,home,0,end,dollar_sign",
    "everywhere": "ctrl+q,ctrl+c",
}
"""Keys that no action of the table may have: the list's own, and Textual's."""

GROUPS: tuple[str, ...] = tuple(dict.fromkeys(action.group for action in ACTIONS))


def bindings(scope: Scope) -> list[BindingType]:
    """Textual bindings of the actions of one screen, or of the app."""
    return [
        Binding(action.keys, action.id, action.label, show=False, id=action.binding)
        for action in available(scope)
        if scope == "everywhere" or action.scope != "everywhere"
    ]


def available(scope: Scope, actions: Sequence[Action] = ACTIONS) -> Iterator[Action]:
    """What one can do on a screen: its own actions, those of all views if it is one, those of the app."""
    if scope in BESIDE:
        yield from _beside(scope, actions)
        return
    scopes: list[Scope] = [scope, "everywhere"]
    if scope in VIEWS or scope == "users":
        scopes.insert(1, "along")
    if scope in VIEWS:
        scopes.insert(1, "views")
    if scope in STEPPED:
        scopes.insert(0, "steps")
    own = {key for action in actions if action.scope == scope for key in action.keys.split(",")}
    for one in dict.fromkeys(scopes):
        for action in actions:
            if action.scope == one and not (
                # What has the keys for a while has taken one of these.
                scope in MODES and one != scope and own.intersection(action.keys.split(","))
            ):
                yield action


def _beside(scope: Scope, actions: Sequence[Action]) -> Iterator[Action]:
    """What one can do beside the users; in the explorer one also goes from there to the views."""
    own: tuple[Scope, ...] = ("plots", scope) if scope in PLOTTED else (scope,)
    for action in actions:
        going = action.scope in ("along", "views") and action.id.startswith("view_")
        program = action.scope == "everywhere" and action.id in PROGRAM
        if action.scope in own or program or (going and scope != "watch"):
            yield action
