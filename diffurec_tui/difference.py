"""One sentence on two sets of lists: what was changed, and what that changed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from diffurec.inspection.diversity import Contrast
from diffurec_tui.snapshots import Draws, User
from diffurec_tui.walking import DIALS, edited
from diffurec_tui.widgets.text import clean, ellipsis, symbols

APART = 0.03
"""Jaccard by which lists of two sets must be further apart than those of one to be called so."""

SAME = 0.995


def difference(now: Draws, pinned: Draws, contrast: Contrast, user: Callable[[User], str]) -> str:
    """What is different about the draws, and what comes of it; empty where nothing is.

    Args:
        now: what is looked at.
        pinned: what it is set against.
        contrast: of both.
        user: names of users.
    """
    changed = what_differs(now, pinned, user)
    says = "; ".join(part for part in (_lists(now, pinned, contrast), _ranks(now, pinned)) if part)
    return f"{changed}: {says}." if changed else ""


def what_differs(now: Draws, pinned: Draws, user: Callable[[User], str]) -> str:
    """User, seed, history, dials and numbers, as far as they are not the same; empty where all are."""
    parts: list[str] = []
    a, b = now.spec, pinned.spec
    same_user = a.user == b.user
    who = "The same user" if same_user else f"User {_named(a.user, user)} instead of {_named(b.user, user)}"
    if same_user and a.case != b.case:
        parts.append(edited(b.case, a.case))
    if a.seed != b.seed:
        parts.append(f"seed {a.seed} instead of {b.seed}")
    for dial in DIALS:
        value, before = dial.get(a.view), dial.get(b.view)
        if value != before:
            name = f"{symbols().lam} " if dial.name == "lambda" else dial.short or f"{dial.name} "
            instead = "" if before == dial.own else f" instead of {dial.say(before)}"
            parts.append(f"{name}{dial.say(value)}{instead}")
    if now.k != pinned.k:
        parts.append(f"lists of {now.k} instead of {pinned.k}")
    if now.wanted != pinned.wanted:
        parts.append(f"{now.wanted:,} walks instead of {pinned.wanted:,}")
    return "" if same_user and not parts else ", ".join((who, *parts))


def _named(whom: User, user: Callable[[User], str]) -> str:
    return ellipsis(clean(user(whom)), 16)


def _lists(now: Draws, pinned: Draws, contrast: Contrast) -> str:
    a, b, across = now.measures.shared_items, pinned.measures.shared_items, contrast.shared_items
    if math.isnan(a + b):  # one list has nothing to share with another
        return f"one list of each shares {across:.1f} of {_lengths(now, pinned)}"
    if contrast.jaccard >= SAME:
        return f"all lists of both are the same {'item' if now.k == 1 else f'{now.k} items'}"
    if now.k == pinned.k:
        before = "in both" if f"{a:.1f}" == f"{b:.1f}" else f"instead of {b:.1f}"
        own = f"two lists share {a:.1f} of {now.k} {before}"
    else:
        own = f"two lists share {a:.1f} of {now.k} instead of {b:.1f} of {pinned.k}"
    return f"{own}, one of each {across:.1f}{_judged(now, pinned, contrast)}"


def _lengths(now: Draws, pinned: Draws) -> str:
    return f"{now.k}" if now.k == pinned.k else f"{now.k} and {pinned.k}"


def _judged(now: Draws, pinned: Draws, contrast: Contrast) -> str:
    """Whether the change is more than that from one draw to another."""
    if now.k != pinned.k:
        return ""  # lists of two lengths are apart in any case
    within = (now.measures.mean_jaccard + pinned.measures.mean_jaccard) / 2
    if within - contrast.jaccard > APART:
        return " – further apart than two draws of one"
    return " – no further apart than two draws of one"


def _ranks(now: Draws, pinned: Draws) -> str:
    a, b = now.samples.target_ranks, pinned.samples.target_ranks
    if a is None or b is None:
        return ""
    middle, before = f"{np.median(a):,.5g}", f"{np.median(b):,.5g}"
    star = symbols().star
    if middle == before:
        return f"{star} ranks {middle} in the median of both"
    return f"{star} ranks {middle} in the median instead of {before}"
