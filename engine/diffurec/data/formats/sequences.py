"""Plain sequences: one user a line, `user item item item …`, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from diffurec.data.interactions import BadRow, Row


def rows(path: Path) -> Iterator[Row | BadRow]:
    """A row for each item, between blanks or tabs, or commas where a line has neither."""
    lines: dict[str, int] = {}
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                text = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                yield BadRow(line, "not UTF-8 (convert the file, for instance with iconv -f latin1 -t utf-8)")
                continue
            if not text:
                continue
            cells = text.split()
            if len(cells) == 1:
                cells = [cell.strip() for cell in text.split(",")]
            user, *items = cells
            if not items:
                yield BadRow(line, f"user {user!r} without an item")
            elif user in lines:
                yield BadRow(line, f"user {user!r} has a line already, line {lines[user]}")
            else:
                lines[user] = line
                for item in items:
                    yield Row(line, user, item)
