"""JSON lines, Amazon's reviews among them, and lines of Python literals as Steam's public files have them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import polars as pl

from diffurec.data.formats import frames
from diffurec.data.interactions import BadRow, Interactions, Row
from diffurec.data.sniff import Layout
from diffurec.data.source import Scan
from diffurec.data.times import TimeKind


def fast(layout: Layout, path: Path, scan: Scan, time_kind: TimeKind | None) -> Interactions | None:
    """All columns at once, or None where a row needs a closer look."""
    if scan.has_nul or layout.columns is None:
        return None
    named = layout.columns.named()
    frame = pl.scan_ndjson(path, schema=dict.fromkeys(named.values(), pl.String)).rename(
        {name: role for role, name in named.items()}
    )
    for decimal in (False, True) if time_kind == "number" else (False,):
        try:
            found = frames.read(frame, rating="rating" in named, time_kind=time_kind, decimal=decimal)
        except pl.exceptions.PolarsError:
            return None
        if (data := found.interactions) is not None:
            # Polars writes booleans, lists and objects out as text, and half a surrogate pair as U+FFFD;
            # the exact way refuses them, and NUL, as ids.
            odd = any(
                ids.str.contains(r"^(true$|false$|\[|\{)|[\x00\x{FFFD}]").any()
                for ids in (data.user_ids, data.item_ids)
            )
            return None if odd else data
    return None


def rows(layout: Layout, path: Path) -> Iterator[Row | BadRow]:
    """Line by line; blank ones are passed over."""
    assert layout.columns is not None
    named = layout.columns.named()
    literal = layout.reader == "literals"
    what = "a Python dict" if literal else "a JSON object"
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                text = raw.decode("utf-8-sig").strip()
                if not text:
                    continue
                # literal_eval builds plain values and calls nothing.
                record: Any = ast.literal_eval(text) if literal else json.loads(text)
            except UnicodeDecodeError:
                yield BadRow(line, "not UTF-8 (convert the file, for instance with iconv -f latin1 -t utf-8)")
                continue
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                yield BadRow(line, f"not {what}")
                continue
            if not isinstance(record, dict):
                yield BadRow(line, f"not {what}")
                continue
            fields = cast("dict[str, Any]", record)
            taken = {role: fields.get(name) for role, name in named.items()}
            yield Row(line, taken["user"], taken["item"], taken.get("rating"), taken.get("time"))
