"""Reading histories of raw ids and writing recommendations, for `diffurec recommend`."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from diffurec.errors import UserError
from diffurec.files import write_atomically
from diffurec_tui.cli.console import json_text, narrate

if TYPE_CHECKING:
    from diffurec.data.catalogue import Catalogue
    from diffurec.inspection.inspector import Inspector
    from diffurec.inspection.views import View
    from diffurec.run import Run

AT_ONCE = 512
MOST_REPORTED = 5


def recommend_file(
    run: Run, inspector: Inspector, view: View, *, seed: int, source: Path, out: Path | None, as_json: bool
) -> None:
    """Recommend for each line of `source` and write a line a history.

    A line is a JSON array or raw ids with spaces, tabs or commas between. Output is tab-separated
    (line, rank, item_id, score, title), or JSON lines with `as_json`. Unknown ids are reported and
    skipped; a line without a known id gets an empty list.

    Raises:
        UserError: the input cannot be read, holds no known id at all, or the output cannot be written.
    """
    lines = _read_lines(source)
    unknown: Counter[str] = Counter()
    histories = [_resolve(inspector.catalogue, ids_of(line), unknown) for line in lines]
    if unknown:
        some = ", ".join(item for item, _ in unknown.most_common(MOST_REPORTED))
        more = ", …" if len(unknown) > MOST_REPORTED else ""
        narrate(f"skipped {unknown.total()} unknown item ids, {len(unknown)} different: {some}{more}")
    if not any(histories):
        raise UserError(
            f"--input {source}: none of its ids is an item of {run.path}; ids are those of the data"
        )
    rows = [row for row, history in enumerate(histories) if history]
    written: list[str] = []
    lists: dict[int, list[tuple[int, float]]] = {}
    for begin in range(0, len(rows), AT_ONCE):
        part = rows[begin : begin + AT_ONCE]
        items, scores = inspector.recommend([histories[row] for row in part], seed, view)
        for place, row in enumerate(part):
            ranked = zip(items[place], scores[place], strict=True)
            # With items of the history left out there may be fewer than k to recommend.
            lists[row] = [(int(item), float(score)) for item, score in ranked if score > -math.inf]
    for row in range(len(histories)):
        written.extend(_format(inspector.catalogue, row, lists.get(row, []), as_json))
    text = "".join(line + "\n" for line in written)
    if out is None:
        sys.stdout.write(text)
        return
    _write(out, text)
    narrate(f"{out}: recommendations for {len(rows)} of {len(histories)} histories")


def _write(out: Path, text: str) -> None:
    try:
        if out.exists() and not out.is_file():  # a pipe or a device stays what it is
            out.write_text(text, encoding="utf-8")
        else:
            write_atomically(out, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror})") from None
    except UserError as error:
        raise UserError(f"--out {error}") from None


def _format(catalogue: Catalogue, row: int, ranked: list[tuple[int, float]], as_json: bool) -> list[str]:
    if as_json:
        entry: dict[str, Any] = {
            "line": row + 1,
            "items": [
                {"item_id": catalogue.original_ids[item], "title": catalogue.titles[item], "score": score}
                for item, score in ranked
            ],
        }
        return [json_text(entry)]
    return [
        f"{row + 1}\t{place}\t{catalogue.original_ids[item]}\t{score:.6g}\t"
        + re.sub(r"[\t\r\n]+", " ", catalogue.titles[item])
        for place, (item, score) in enumerate(ranked, start=1)
    ]


def _read_lines(source: Path) -> list[str]:
    try:
        raw = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    except OSError as error:
        raise UserError(f"--input {source}: cannot be read ({error.strerror})") from None
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise UserError(f"--input {source}, line {line}: not UTF-8; save the file as UTF-8") from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise UserError(f"--input {source}: is empty; give one history a line, raw item ids, oldest first")
    return lines


def ids_of(line: str) -> list[str]:
    """Item ids of a line: a JSON list, or spaces or commas between."""
    if line.lstrip().startswith("["):
        try:
            values: Any = json.loads(line)
        except json.JSONDecodeError:
            values = None
        if isinstance(values, list):
            return [str(value) for value in cast("list[Any]", values)]
    return [part for part in re.split(r"[\s,]+", line.strip()) if part]


def _resolve(catalogue: Catalogue, ids: list[str], unknown: Counter[str]) -> list[int]:
    items: list[int] = []
    for original in ids:
        item = catalogue.find(original)
        if item is None:
            unknown[original] += 1
        else:
            items.append(item)
    return items
