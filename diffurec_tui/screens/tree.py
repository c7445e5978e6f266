"""The walks seen of a user, to choose one from."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.widgets.text import spelled
from diffurec_tui.widgets.walk_tree import Row, WalkTree


class TreeScreen(Overlay[int]):
    """Dismissed with the place of a walk in the tree, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,T,q", "cancel", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("enter,right,l", "choose", show=False),
    ]

    def __init__(self, rows: tuple[Row, ...], here: int | None) -> None:
        super().__init__()
        self.rows, self.place = rows, here if here is not None else len(rows) - 1

    def compose(self) -> ComposeResult:
        with Vertical(id="tree") as box:
            box.border_title = "Walks of this user"
            box.border_subtitle = spelled("items shared with this one · enter opens")
            yield WalkTree(id="tree-walks")

    def on_mount(self) -> None:
        if self.query(WalkTree):  # not where the program ends before it is drawn
            self.query_one("#tree").styles.height = min(len(self.rows), 20) + 2
            self.query_one(WalkTree).show(self.rows, self.place)

    def action_move(self, by: int) -> None:
        self.place = min(len(self.rows) - 1, max(0, self.place + by))
        self.query_one(WalkTree).show(self.rows, self.place)

    def action_choose(self) -> None:
        self.dismiss(self.place)

    @on(WalkTree.Chosen)
    def _clicked(self, event: WalkTree.Chosen) -> None:
        self.dismiss(event.place)

    def action_cancel(self) -> None:
        self.dismiss(None)
