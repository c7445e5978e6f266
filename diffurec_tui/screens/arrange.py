"""How a walk is laid out on a terminal of any size."""

from __future__ import annotations

from textual.screen import Screen

from diffurec_tui.widgets.footer import Footer

CHROME = 6
"""Rows of header, history strip, timeline and footer."""
BUMPED = 13
"""Rows from which on there is a bump chart above the other curves."""


def arrange(screen: Screen[None], top_k: int) -> None:
    """Side by side where there is room, folded and stacked where there is not.

    Classes, for the style sheet: `full` (history, lists above curves), `row` (three columns), `stack` (all
    one above the other); `both` where two lists fit; `tiny` where only a list and the timeline do;
    `bumped` where there is room for a bump chart.
    """
    width, height = screen.size
    height -= screen.query_one(Footer).lines - 1
    full, row = width >= 100 and height >= 32, width >= 110 and height < 32
    stack = not (full or row)
    screen.set_class(full, "full")
    screen.set_class(row, "row")
    screen.set_class(stack, "stack")
    screen.set_class(full and width >= 120, "both")
    screen.set_class(height < 13 or width < 40, "tiny")
    curves, history = screen.query_one("#curves"), screen.query_one("#history")
    bumped = full or row
    if stack:
        spare = height - CHROME - top_k - 3  # a list has a border, and a row for the true next item
        column = screen.has_class("editing") or screen.has_class("why")
        if column:  # the history as a column, in what the list leaves of it
            curves.styles.height = 0
            history.styles.height = max(7, min(spare + 2, 24))
        elif screen.has_class("dialing"):
            curves.styles.height = 4 if spare >= 16 else 0
            history.styles.height = 2 if spare > 8 else 1  # the whole list before the whole history
        else:
            height_left = max(0, 4 if spare < 16 else min(spare - 1, 24))
            curves.styles.height = height_left
            bumped = height_left >= BUMPED
            history.styles.height = 3 if spare > 4 else 2
    else:
        curves.styles.height = "1fr"
        history.styles.height = "1fr"
    screen.set_class(bumped, "bumped")
    screen.query_one("#lists").styles.height = top_k + 3 if full else "1fr"
