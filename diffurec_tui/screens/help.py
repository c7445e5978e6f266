"""All keys, from the action table."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import GROUPS, Scope
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import palette
from diffurec_tui.widgets.text import fit, spelled

EXPLAINED = (
    ("x_t", "the state of the walk: noise at the first step, an item at the last"),
    ("x̂_0", "what the model reads out of x_t; at the last step, the recommendation"),
    ("rank", "of the true next item (★) among all items"),
    ("overlap", "share of the top-k that is in the final list"),
    ("entropy", "of the softmax over all items, in nats: high is undecided"),
    ("moved", "how far the state went in the step"),
    ("▲2 ▼1 ●", "places risen, fallen, new in the list, since the step before"),
    ("›", "in a noisy state's list: recommended in the end"),
    ("≠", "beside a pinned walk: not in the other list; its curve is dashed"),
    ("grey title", "in the history already"),
    ("Jaccard", "of two lists: items that are in both, by items that are in either"),
    ("log k", "entropy of an item out of a list where all lists are the same"),
    ("pop", "in the list of users: how often the true next item occurs in training"),
    ("lock", "in the list of users: step from which on the top-k of x̂_0 stays as it is"),
    ("popularity", "share of all items that occur less often"),
)


SCROLLING = frozenset(("up", "down", "pageup", "pagedown", "home", "end"))


class HelpScreen(Overlay[None]):
    """The overlay; what the screen below has of its own comes first."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope: Scope = scope

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = spelled("↑↓ scroll · any other key closes")
            yield Static(self._text())

    def _text(self) -> Text:
        colours = palette(self.app.theme_variables)
        text = Text()
        actions = keymap_of(self).actions
        own = {action.group for action in actions if action.scope == self.scope}
        for group in sorted(GROUPS, key=lambda one: one not in own):
            text.append(f"{group}\n", colours.strong)
            for action in actions:
                if action.group == group:
                    text.append(f"  {spelled(action.shown):<11}", colours.accent)
                    text.append(f"{spelled(action.help)}\n", colours.text)
            text.append("\n")
        text.append("Words\n", colours.strong)
        for word, meaning in EXPLAINED:
            text.append(f"  {fit(spelled(word), 11)}", colours.target if "★" in meaning else colours.accent)
            text.append(f"{spelled(meaning)}\n", colours.text)
        return text

    def on_key(self, event: events.Key) -> None:
        if event.key in keymap_of(self).action("everywhere.quit").keys.split(","):
            self.app.exit()
        elif event.key not in SCROLLING:
            event.stop()
            event.prevent_default()
            self.dismiss()

    def on_click(self) -> None:
        self.dismiss()
