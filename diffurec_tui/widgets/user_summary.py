"""What the list of users amounts to, and how to find one: two lines above it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text

from diffurec_tui.keymap import keymap_of
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.footer import keys_of
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import ellipsis, spelled, symbols, whole
from diffurec_tui.widgets.user_index import Order, Ordering, Tally

EXAMPLES = "len>20 rank<=10 miss"
HINTED = ("users.own", "along.next_hit", "along.random_user", "users.order", "along.next_miss")
"""Actions told of, the first to stay where there is little room first."""
UNTURNED = "ranks without the dials"
"""Where dials are turned: the list is of the model as it is."""
ORDER_NAMES: dict[Order, str] = {
    "data": "data",
    "id": "id",
    "len": "length of history",
    "pop": "popularity of the next item",
    "rank": "rank",
    "lock": "step of the lock-in",
}


class UserSummary(Panel):
    """How many users there are, how many of their walks were hits, and by what they are ordered."""

    tally: Tally = Tally(0, 0, 0, 0)
    total = 0
    ordering: Ordering = Ordering()
    trouble: str = ""
    turned = False

    def show(self, tally: Tally, total: int, ordering: Ordering, trouble: str, *, turned: bool) -> None:
        """Tell of the users listed.

        Args:
            tally: how their walks end.
            total: users there are.
            ordering: of the list.
            trouble: what of the filter cannot be done.
            turned: whether dials are turned, which the ranks of the list do not know of.
        """
        told = (tally, total, ordering, trouble, turned)
        if told != (self.tally, self.total, self.ordering, self.trouble, self.turned):
            self.tally, self.total, self.ordering, self.trouble, self.turned = told
            self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        return [self.first_line(width - 2, colours), self._second(width - 2, colours)]

    def first_line(self, width: int, colours: Palette) -> Text:
        """How the walks of those listed end, as far as there is room, and by what they are ordered."""
        tally = self.tally
        everybody = tally.found == self.total
        parts = [f"{tally.found:,} users" if everybody else f"{tally.found:,} of {self.total:,} users"]
        if tally.known:
            finished = tally.known == tally.wanted
            parts.append(f"{tally.hits:,} hit{'s' * (tally.hits != 1)}")
            parts.append(f"test HR@10 {'' if finished else 'so far '}{tally.hit_rate:.1f} %")
        if self.turned:
            parts.append(UNTURNED)
        if tally.known < tally.wanted:
            parts.append(f"ranked {tally.known:,}/{tally.wanted:,}")
        if tally.known and cell_len(whole(parts, width)) < cell_len(whole(parts, 1_000)):
            del parts[1]  # of a million users: the rate says what the hits say
        if tally.known:  # last: it goes first where there is little room
            parts.append("seen ranked")
        line = Text(f" {whole(parts, width)}", colours.text)
        order = f"by {ORDER_NAMES[self.ordering.by]}" + (", reversed" if self.ordering.reverse else "")
        room = width - line.cell_len + 1
        if self.ordering != Ordering() and len(order) + 2 <= room:
            line.append(f"{order:>{room}}", colours.muted)
        return line

    def _second(self, width: int, colours: Palette) -> Text:
        if self.trouble:
            return Text(f" {ellipsis(self.trouble, width)}", colours.target)
        keys = keymap_of(self)
        actions = (keys.action(binding) for binding in HINTED)
        told = f"{keys.key('everywhere.filter')} {EXAMPLES}"
        for hint in (f"{keys_of(action)} {action.label}" for action in actions):
            longer = f"{told} {symbols().dot} {hint}"
            told = longer if cell_len(longer) <= width else told
        return Text(f" {ellipsis(spelled(told), width)}", colours.muted)
