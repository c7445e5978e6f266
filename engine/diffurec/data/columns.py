"""Which column is the user, the item, the rating and the time: by name, by option, or by position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from diffurec.data.times import looks_like_time
from diffurec.errors import UserError

# In order of preference, written without case, spaces and punctuation.
USER_NAMES = (
    "userid", "user", "uid", "reviewerid", "username", "customerid", "visitorid", "memberid", "accountid",
    "steamid", "sessionid",
)  # fmt: skip
ITEM_NAMES = (
    "itemid", "item", "iid", "movieid", "parentasin", "asin", "productid", "sku", "trackid", "songid",
    "bookid", "gameid", "articleid", "businessid", "animeid", "videoid", "isbn",
)  # fmt: skip
RATING_NAMES = ("rating", "overall", "stars", "score", "ratings")
TIME_NAMES = (
    "timestamp", "time", "unixreviewtime", "unixtime", "datetime", "date", "sorttimestamp", "eventtime",
    "createdat", "ratedat", "playedat", "ts",
)  # fmt: skip
TITLE_NAMES = ("title", "movietitle", "itemtitle", "producttitle", "appname", "name")
CATEGORY_NAMES = ("categories", "category", "genres", "genre", "class", "maincategory", "maincat", "tags")
YEAR_NAMES = ("releaseyear", "year")
IGNORE = "none"  # as --rating-column or --time-column: leave such a column alone

_ASIN = re.compile(r"B[0-9A-Z]{9}|\d{9}[\dX]")
_REVIEWER = re.compile(r"A[0-9A-Z]{9,20}")


@dataclass(frozen=True)
class Wanted:
    """The columns that the user asked for by option, None where the choice is left to us."""

    user: str | None = None
    item: str | None = None
    rating: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class Columns:
    """Positions of the columns, counted from 0, and all names (made up as 1, 2, … without a header)."""

    user: int
    item: int
    rating: int | None
    time: int | None
    names: tuple[str, ...]

    def named(self) -> dict[str, str]:
        """Role to column name, for the report."""
        roles = {"user": self.user, "item": self.item, "rating": self.rating, "time": self.time}
        return {role: self.names[index] for role, index in roles.items() if index is not None}


def normalise(name: str) -> str:
    """A column name as the lists above write it; a RecBole type (`user_id:token`) is left off."""
    return re.sub(r"[^a-z0-9]", "", name.partition(":")[0].lower())


def find(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Position of the column whose name comes first in `known`."""
    normal = [normalise(name) for name in names]
    return next((normal.index(name) for name in known if name in normal), None)


def looks_like_header(cells: Sequence[str], wanted: Wanted) -> bool:
    """Whether a first line names columns: known names for user or item, or names the options use."""
    asked = {wanted.user, wanted.item, wanted.rating, wanted.time} - {None}
    return (
        find(cells, USER_NAMES) is not None
        or find(cells, ITEM_NAMES) is not None
        or any(cell.strip() in asked and not cell.strip().isdigit() for cell in cells)
    )


def choose(names: Sequence[str], wanted: Wanted, source: str) -> Columns:
    """Columns of a file with names.

    Raises:
        UserError: a column is missing or its name stands twice; the message lists the names there are.
    """
    names = [name.strip() for name in names]

    def pick(asked: str | None, known: Sequence[str], option: str) -> int | None:
        if asked == IGNORE and option in ("--rating-column", "--time-column"):
            return None
        if asked is None:
            position = find(names, known)
        else:
            position = next((i for i, name in enumerate(names) if asked in (name, name.split(":")[0])), None)
            if position is None:
                raise UserError(f"{source}: no column {asked!r} ({option}); it has {_listed(names)}")
        if position is not None and names.count(names[position]) > 1:
            raise UserError(f"{source}: two columns are called {names[position]!r}; rename one of them")
        return position

    user = pick(wanted.user, USER_NAMES, "--user-column")
    item = pick(wanted.item, ITEM_NAMES, "--item-column")
    if user is None or item is None:
        what, option = ("user", "--user-column") if user is None else ("item", "--item-column")
        raise UserError(
            f"{source}: no column looks like the {what} id; name it with {option}, it has {_listed(names)}"
        )
    rating = pick(wanted.rating, RATING_NAMES, "--rating-column")
    time = pick(wanted.time, TIME_NAMES, "--time-column")
    return _distinct(Columns(user, item, rating, time, tuple(names)), source)


def choose_by_position(rows: Sequence[Sequence[str]], wanted: Wanted, source: str) -> Columns:
    """Columns of a file without a header, from some of its rows; options give positions from 1.

    The order is user, item, then rating and time, told apart by what a time looks like. Amazon's files
    that put the item first are recognised by the shape of their ids.

    Raises:
        UserError: there are fewer than two columns, or an option names no column.
    """
    width = Counter(len(row) for row in rows).most_common(1)[0][0]
    names = tuple(str(index + 1) for index in range(width))

    def pick(asked: str | None, fallback: int | None, option: str) -> int | None:
        if asked is None:
            return fallback
        if asked == IGNORE and option in ("--rating-column", "--time-column"):
            return None
        if asked not in names:
            raise UserError(
                f"{source}: no column {asked!r} ({option}); without a header, give a number from 1 to {width}"
            )
        return names.index(asked)

    if width < 2:
        raise UserError(f"{source}: one column, expected at least user and item; see --format")

    def share(column: int, test: re.Pattern[str]) -> float:
        return sum(len(row) > column and test.fullmatch(row[column]) is not None for row in rows) / len(rows)

    item_first = share(0, _ASIN) > 0.5 and share(1, _REVIEWER) > 0.5
    times = [
        index for index in range(2, min(width, 4))
        if 2 * sum(len(row) > index and looks_like_time(row[index]) for row in rows) > len(rows)
    ]  # fmt: skip
    time = times[-1] if times else None
    rating = next((index for index in range(2, min(width, 4)) if index not in times), None)
    user = pick(wanted.user, 1 if item_first else 0, "--user-column")
    item = pick(wanted.item, 0 if item_first else 1, "--item-column")
    assert user is not None
    assert item is not None
    return _distinct(
        Columns(
            user,
            item,
            pick(wanted.rating, rating, "--rating-column"),
            pick(wanted.time, time, "--time-column"),
            names,
        ),
        source,
    )


def _distinct(columns: Columns, source: str) -> Columns:
    roles = list(columns.named().values())
    if columns.user == columns.item or len(set(roles)) < len(roles):
        raise UserError(
            f"{source}: one column serves two purposes ({columns.named()}); see --user-column and the like"
        )
    return columns


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return f"{shown} and {len(names) - 12} more" if len(names) > 12 else shown
