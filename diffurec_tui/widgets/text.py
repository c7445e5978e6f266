"""Text of any script and length, cut to terminal cells; and the signs used, with plain-ASCII twins."""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from rich.cells import cell_len, set_cell_size


@dataclass(frozen=True)
class Symbols:
    """Every sign on screen that is not a letter."""

    up: str
    down: str
    new: str
    same: str
    star: str
    hollow: str
    cursor: str
    pointer: str
    play: str
    pause: str
    dot: str
    more: str
    times: str
    none: str
    arrow: str
    shades: str
    line: str
    head: str
    bars: str
    x_0_hat: str
    lam: str
    fork: str
    differs: str
    tracked: str
    branch: str
    loop: str
    follow: str
    braille: bool


UNICODE = Symbols(
    up="▲", down="▼", new="●", same=" ", star="★", cursor="┊", pointer="▌", play="▶", pause="Ⅱ", dot="·",
    more="…", times="×", none="–", arrow="›", shades="░▒▓█", line="─", head="┃", bars="▁▂▃▄▅▆▇█",
    hollow="☆", x_0_hat="x̂_0", lam="λ", fork="⑂", differs="≠",
    tracked="◆", branch="└", loop="↻", follow="⇥", braille=True,
)  # fmt: skip
ASCII = Symbols(
    up="^", down="v", new="+", same=" ", star="*", cursor=":", pointer=">", play=">", pause="=", dot="-",
    more="~", times="x", none="-", arrow=">", shades=".:*#", line="-", head="|", bars="_.-=+*%#",
    hollow="o", x_0_hat="x^_0", lam="lambda", fork="/", differs="!",
    tracked="&", branch="`", loop="@", follow="$", braille=False,
)  # fmt: skip


def locale_name() -> str:
    """The character set part of the locale, as the environment has it; empty where nothing is said."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if os.environ.get(name):
            return os.environ[name]
    return ""


@cache
def symbols() -> Symbols:
    """Plain ASCII on request (DIFFUREC_ASCII=1), on Linux's own console, and in a locale without UTF-8."""
    asked = os.environ.get("DIFFUREC_ASCII", "")
    if asked not in ("", "0"):
        return ASCII
    if os.environ.get("TERM") == "linux":  # its fonts have no braille
        return ASCII
    return UNICODE if _utf8() else ASCII


def _utf8() -> bool:
    name = locale_name().lower().replace("-", "")
    return not name or "utf8" in name


_SPELLED = str.maketrans(
    {
        "←": "<", "→": ">", "↑": "^", "↓": "v", "★": "*", "☆": "o", "▲": "^", "▼": "v", "●": "+", "·": "-",
        "×": "x", "²": "^2", "…": "~", "λ": "lambda", "\u0302": "^", "–": "-",
        "−": "-", "⑂": "/", "≠": "!", "◆": "&", "β": "beta", "θ": "theta",
    }
)  # fmt: skip


def spelled(text: str) -> str:
    """Our own words, in plain ASCII where it must be."""
    return text if symbols().braille else text.translate(_SPELLED)


@lru_cache(maxsize=20_000)
def clean(text: str) -> str:
    """One line without anything that moves the cursor, reorders text or has no agreed width."""
    kept = "".join(
        " " if character in "\t\n\r\v\f\x85\u2028\u2029" else character
        for character in text
        if character in "\t\n\r\v\f\x85" or unicodedata.category(character) not in _UNSAFE
    )
    kept = kept.replace("\ufe0f", "").replace("\ufe0e", "")  # emoji style: terminals disagree on its width
    if not _utf8():
        kept = kept.encode("ascii", "replace").decode("ascii")
    return " ".join(kept.split())


_UNSAFE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    size = cell_len(text)
    if size <= width:
        return text + " " * (width - size)
    more = symbols().more
    return set_cell_size(text, width - 1) + more


def ellipsis(text: str, width: int) -> str:
    """`text` in at most `width` cells."""
    return text if cell_len(text) <= width else fit(text, width)


def whole(parts: Iterable[str], width: int) -> str:
    """As many parts from the first on as fit whole, with a dot between; the first is cut if it must be."""
    told = ""
    for part in parts:
        longer = f"{told} {symbols().dot} {part}" if told else ellipsis(part, width)
        if cell_len(longer) > width:
            break
        told = longer
    return told


def number(value: float) -> str:
    """A number in at most five characters or so."""
    if math.isnan(value):
        return symbols().none
    size = abs(value)
    return f"{value:.2f}" if size < 100 else f"{value:.0f}" if size < 10_000 else f"{value:.1e}"


def compact(number: int) -> str:
    """A rank in at most four characters."""
    if number < 10_000:
        return str(number)
    return f"{number // 1000}k" if number < 1_000_000 else f"{number // 1_000_000}M"
