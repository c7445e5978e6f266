"""What a source is: its format, told by content, and which file, separator and columns to read.

`recognise` answers with a `Layout`; nothing is converted here. `--format` overrules the guess.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from diffurec.data import columns as col
from diffurec.data.source import head, readable
from diffurec.errors import UserError

Format = Literal[
    "auto", "recbole", "csv", "parquet", "jsonl", "movielens", "amazon", "sequences", "diffurec", "steam"
]
FORMATS: tuple[str, ...] = get_args(Format)
Reader = Literal["delimited", "parquet", "jsonlines", "literals", "sequences", "authors"]
SEPARATORS = ("::", "\t", ",", ";", "|", " ")
SAMPLE = 200  # lines looked at
_TYPED = re.compile(r"[^\t:]+:(token|token_seq|float|float_seq)")


@dataclass(frozen=True)
class Layout:
    """How to read a source."""

    format: str
    path: Path  # the file with the interactions
    reader: Reader
    columns: col.Columns | None = None  # None for sequences and the authors' pickle
    separator: str = ","
    quoted: bool = True  # whether " quotes a field
    header: bool = False
    sample: tuple[tuple[str, ...], ...] = ()  # some rows as text, in the file's column order
    items: Path | None = None  # a sibling with titles


def recognise(source: Path, wanted: col.Wanted, forced: str = "auto") -> Layout:
    """Find out how to read `source`, a file or a folder.

    Raises:
        UserError: nothing there, nothing recognised, a column missing, or an unknown `forced` format.
    """
    if forced not in FORMATS:
        raise UserError(f"--format {forced}: unknown; one of {', '.join(FORMATS)}")
    with readable(source):
        source.stat()
        path, items, found = _pick_file(source) if source.is_dir() else (source, None, None)
        if not path.is_file():
            raise UserError(f"{path}: not a regular file; name a file or a folder")
    start = head(path)
    if not start:
        raise UserError(f"{path}: the file is empty; check that it was written to the end")
    kind = forced if forced != "auto" else (found or _guess(path, start))
    items = items or _sibling_items(path)

    if kind == "diffurec":
        return Layout("diffurec", path, "authors")
    if kind == "parquet":
        return _parquet(path, wanted, items)
    if kind == "steam" or (kind in ("jsonl", "amazon") and start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"):
        return _records(path, start, wanted, kind, items)
    if kind == "jsonl":
        raise UserError(f"{path}: line 1: not a JSON object; --format jsonl wants one object a line")
    lines = _lines(start)
    if not lines:
        raise UserError(f"{path}: holds only blank lines; check that it was written to the end")
    if kind == "sequences":
        return Layout("sequences", path, "sequences")
    return _delimited(path, lines, wanted, kind, items)


def _pick_file(folder: Path) -> tuple[Path, Path | None, str | None]:
    """The interactions in a folder, the file with titles beside it, and the format if that tells it."""
    for name, titles in (("u.data", "u.item"), ("ratings.dat", "movies.dat"), ("ratings.csv", "movies.csv")):
        if (folder / name).is_file():
            items = folder / titles
            return folder / name, items if items.is_file() else None, "movielens"
    atomic = sorted(folder.glob("*.inter"))
    if len(atomic) > 1:
        atomic = [path for path in atomic if path.stem == folder.name] or atomic
    known = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".json", ".pkl", ".gz", ".dat", ".data")
    others = sorted(path for path in folder.iterdir() if path.suffix in known and path.is_file())
    pickles = [path for path in others if path.name == "dataset.pkl"]
    candidates = atomic or pickles or others
    if not candidates:
        raise UserError(f"{folder}: no interactions found in this folder; name the file itself")
    if len(candidates) > 1:
        names = ", ".join(path.name for path in candidates[:5])
        raise UserError(f"{folder}: more than one file could be meant ({names}); name the file itself")
    return candidates[0], None, None


def _sibling_items(path: Path) -> Path | None:
    """Titles that lie beside an interactions file under the names that RecBole and MovieLens use."""
    names = {"u.data": "u.item", "ratings.dat": "movies.dat", "ratings.csv": "movies.csv"}
    sibling = (
        path.with_suffix(".item") if path.suffix == ".inter" else path.parent / names.get(path.name, "?")
    )
    return sibling if sibling.is_file() else None


def _guess(path: Path, start: bytes) -> str:
    if start[:4] == b"PAR1":
        return "parquet"
    if (start[:1] == b"\x80" and start[1:2] <= b"\x05") or path.suffix in (".pkl", ".pickle"):
        return "diffurec"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"{":
        return "jsonl" if text[1:].lstrip()[:1] in (b'"', b"}") else "steam"
    if text[:1] == b"[":
        raise UserError(f"{path}: looks like one JSON array; write one object a line (JSON lines) instead")
    return "text"


def _lines(start: bytes) -> list[str]:
    text = start.decode("utf-8-sig", errors="replace")
    return [line for line in text.split("\n")[:SAMPLE] if line.strip()]


def _delimited(path: Path, lines: list[str], wanted: col.Wanted, kind: str, items: Path | None) -> Layout:
    first = lines[0].rstrip("\r").split("\t")
    typed = all(_TYPED.fullmatch(cell.strip()) for cell in first)
    if typed and kind in ("text", "recbole"):
        rows = tuple(tuple(line.rstrip("\r").split("\t")) for line in lines[1:])
        chosen = col.choose(first, wanted, str(path))
        return Layout(
            "recbole", path, "delimited", chosen, "\t", quoted=False, header=True, sample=rows, items=items
        )
    if kind == "recbole":
        raise UserError(f"{path}: line 1: no typed header such as user_id:token; see --format")

    separator = _separator(lines, wanted)
    if separator is None or (kind == "text" and separator == " " and not _pairs(lines)):
        if kind == "text" and separator is None and len(lines[0].split()) < 2:
            raise UserError(f"{path}: format not recognised; name it with --format ({', '.join(FORMATS)})")
        if kind == "text":
            return Layout("sequences", path, "sequences")
        raise UserError(f"{path}: no separator found (tab , ; | :: or space); see --format")
    quoted = separator in (",", ";", "|") and path.name != "u.data"
    rows = [tuple(row) for row in _split(lines, separator, quoted=quoted)]
    # A first line of words over rows of numbers names columns too, be they unknown ones.
    header = col.looks_like_header(rows[0], wanted) or (
        len(rows) > 1 and _numeric(rows[0]) == 0 and all(_numeric(row) >= 2 for row in rows[1:])
    )
    if header:
        chosen = col.choose(rows[0], wanted, str(path))
        rows = rows[1:]
    else:
        chosen = col.choose_by_position(rows, wanted, str(path))
    name = kind if kind in ("movielens", "amazon") else "csv"
    return Layout(
        name,
        path,
        "delimited",
        chosen,
        separator,
        quoted=quoted,
        header=header,
        sample=tuple(rows),
        items=items,
    )


def _numeric(row: tuple[str, ...]) -> int:
    return sum(re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", cell) is not None for cell in row)


def _split(lines: list[str], separator: str, *, quoted: bool) -> list[list[str]]:
    if len(separator) > 1 or not quoted:
        return [line.rstrip("\r").split(separator) for line in lines]
    try:
        return [row for row in csv.reader(lines, delimiter=separator) if row]
    except csv.Error:
        return [line.rstrip("\r").split(separator) for line in lines]


def _separator(lines: list[str], wanted: col.Wanted) -> str | None:
    """The separator of a header with known names, else the one that cuts most lines into as many fields.

    None where no separator makes at least two fields of most lines.
    """
    for separator in SEPARATORS:
        cells = _split(lines[:1], separator, quoted=separator in (",", ";", "|"))[0]
        if len(cells) > 1 and col.looks_like_header(cells, wanted):
            return separator
    best: tuple[float, str] | None = None
    for separator in SEPARATORS:
        widths = Counter(len(row) for row in _split(lines, separator, quoted=separator in (",", ";", "|")))
        width, count = widths.most_common(1)[0]
        share = count / sum(widths.values())
        if width >= 2 and share > 0.5 and (best is None or share > best[0] + 1e-9):
            best = (share, separator)
    return best[1] if best else None


def _pairs(lines: list[str]) -> bool:
    """Whether space-separated lines are rows of one interaction: equally wide, and users come again."""
    rows = [line.split() for line in lines]
    users = len({row[0] for row in rows})
    if len({len(row) for row in rows}) > 1:
        return 2 * users <= len(rows)
    return len(rows[0]) == 2 or users < len(rows)


def _records(path: Path, start: bytes, wanted: col.Wanted, kind: str, items: Path | None) -> Layout:
    names: dict[str, None] = {}
    records: list[dict[str, Any]] = []
    for line in _lines(start):
        try:
            record: Any = ast.literal_eval(line.strip()) if kind == "steam" else json.loads(line)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue  # the reader will name the line
        if isinstance(record, dict):
            fields = cast("dict[str, Any]", record)
            records.append(fields)
            names.update(dict.fromkeys(map(str, fields)))
    if not records:
        raise UserError(
            f"{path}: line 1: not a {'Python dict' if kind == 'steam' else 'JSON object'}; see --format"
        )
    if kind == "steam" and "username" in names and wanted.user is None:
        # The numeric user_id is there for some lines only.
        wanted = col.Wanted("username", wanted.item, wanted.rating, wanted.time)
    if kind == "jsonl" and col.find(list(names), ("reviewerid", "parentasin")) is not None:
        kind = "amazon"
    chosen = col.choose(list(names), wanted, str(path))
    sample = tuple(
        tuple("" if record.get(n) is None else str(record[n]) for n in names) for record in records
    )
    reader: Reader = "literals" if kind == "steam" else "jsonlines"
    return Layout(kind, path, reader, chosen, sample=sample, items=items)


def _parquet(path: Path, wanted: col.Wanted, items: Path | None) -> Layout:
    import polars as pl

    try:
        names = pl.scan_parquet(path).collect_schema().names()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    return Layout("parquet", path, "parquet", col.choose(names, wanted, str(path)), items=items)
