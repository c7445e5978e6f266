"""From a file of interactions to a dataset folder: `diffurec data prepare`.

Recognise, read, filter, split, write. The order of the filters is fixed: rating, repeats, k-core, history;
the last two hold together in what is written.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from diffurec.data import filtering, splits, titles
from diffurec.data.formats import authors, delimited, jsonlines, parquet, sequences
from diffurec.data.interactions import Interactions, Skipped, collect
from diffurec.data.options import PrepareOptions
from diffurec.data.report import PrepareReport, StepReport, steps_to_json
from diffurec.data.sniff import Layout, recognise
from diffurec.data.source import Scan, is_gzip, readable, scan, spool
from diffurec.data.times import Times, iso_text, time_kind
from diffurec.data.writer import Sequences, check_out, workspace, write_dataset
from diffurec.errors import UserError

Progress = Callable[[str], None]


def prepare(
    source: str | Path,
    out: str | Path,
    options: PrepareOptions | None = None,
    *,
    items: str | Path | None = None,
    origin: str | None = None,
    progress: Progress | None = None,
) -> PrepareReport:
    """Prepare a dataset folder.

    Args:
        source: a file of interactions, or a folder that holds one.
        out: the dataset folder to make; must not exist.
        options: how; the defaults keep everything and leave one out.
        items: a file with titles and categories, which go before those found beside `source`.
        origin: where the source was downloaded from, for dataset.json.
        progress: told the name of each stage as it begins.

    Raises:
        UserError: a file, a row or an option is wrong. Nothing is left on disk then.
    """
    source, out = Path(source), Path(out)
    options = options or PrepareOptions()
    tell = progress or silent
    options.check()
    check_out(out)
    if items is not None:
        with readable(Path(items)):
            if not stat.S_ISREG(Path(items).stat().st_mode):
                raise UserError(f"{items}: not a file; --items wants one with item_id, title and categories")
    tell("looking at the source")
    layout = recognise(source, options.wanted, options.format)
    with workspace(out) as work:
        if layout.reader == "authors":
            _check_presplit(layout.path, options)
            tell("reading")
            path = spool(layout.path, work) if is_gzip(layout.path) else layout.path
            facts = scan(path)
            data = authors.read(path, str(layout.path))
            steps = [
                StepReport("read", "diffurec", 0, len(data.items), len(data.user_ids), len(data.item_ids))
            ]
            split: dict[str, Any] = {"split": "leave-one-out" if _one_each(data) else "as-given"}
            skipped, notes = Skipped(), ["split taken from the file as it is"]
        else:
            interactions, facts = _read(layout, work, options, tell)
            skipped = interactions.skipped
            data, steps, split, notes = _shape(interactions, layout, options, tell)
            if layout.columns is not None and interactions.times is None:
                notes.append("no time column: rows are taken to be in order of time")
        tell("matching titles")
        names = set(data.item_ids.to_list())
        files = [Path(path) for path in (items, layout.items) if path is not None]
        texts = titles.match(data.item_ids, [titles.read_items(path, names) for path in files])
        if files and not texts.has_titles and not texts.has_categories:
            notes.append(f"no item of {files[0]} is in the data: no titles")
        tell("writing")
        info = {
            "name": options.name or out.name,
            **split,
            "source": {
                "files": [layout.path.name, *(path.name for path in files)],
                **({"origin": origin} if origin else {}),
                "format": layout.format,
                "columns": layout.columns.named() if layout.columns else {},
                "sha256": facts.sha256,
                "items_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
                "bytes": facts.size,
            },
            "options": options.to_json(),
            "report": steps_to_json(steps),
            "skipped_rows": {
                "count": skipped.count,
                "first": [{"line": line, "reason": reason} for line, reason in skipped.first],
            },
            "notes": notes,
        }
        manifest = write_dataset(work, out, data, texts, info)
    return PrepareReport(path=out, info=manifest, steps=steps, notes=notes)


def _read(layout: Layout, work: Path, options: PrepareOptions, tell: Progress) -> tuple[Interactions, Scan]:
    path, source = layout.path, str(layout.path)
    double = len(layout.separator) > 1
    if double or is_gzip(path):
        tell("unpacking")
        stand_in = delimited.UNIT_SEPARATOR
        path = spool(path, work, (layout.separator.encode(), stand_in.encode()) if double else None)
        layout = replace(layout, separator=stand_in) if double else layout
    tell("checking")
    facts = scan(path, layout.separator.encode())
    if path != layout.path:
        # The hash is that of the file as it was given.
        facts = replace(facts, sha256=scan(layout.path).sha256, size=layout.path.stat().st_size)

    tell("reading")
    columns = layout.columns
    kind = None
    if layout.reader == "parquet":
        kind = parquet.kind_of_time(layout, path)
    elif columns is not None and columns.time is not None:
        place = columns.time
        kind = time_kind(row[place] for row in layout.sample if place < len(row))
    found: Interactions | None = None
    if options.on_error == "fail":
        if layout.reader == "delimited":
            found = delimited.fast(layout, path, facts, kind)
        elif layout.reader == "jsonlines":
            found = jsonlines.fast(layout, path, facts, kind)
        elif layout.reader == "parquet":
            found = parquet.fast(layout, path, kind)
    if found is None:
        tell("reading row by row")
        if layout.reader == "delimited":
            rows = delimited.rows(layout, path)
        elif layout.reader == "parquet":
            rows = parquet.rows(layout, path)
        elif layout.reader == "sequences":
            rows = sequences.rows(path)
        else:
            rows = jsonlines.rows(layout, path)
        found = collect(
            rows,
            source=source,
            on_error=options.on_error,
            time_kind=kind,
            has_rating=columns is not None and columns.rating is not None,
            unit="row" if layout.reader == "parquet" else "line",
        )
    if len(found) == 0:
        skipped = f" (all {found.skipped.count:,} rows were skipped)" if found.skipped.count else ""
        raise UserError(f"{source}: no interactions in it{skipped}; check that it was written to the end")
    return found, facts


def _shape(
    data: Interactions, layout: Layout, options: PrepareOptions, tell: Progress
) -> tuple[Sequences, list[StepReport], dict[str, Any], list[str]]:
    """Filter and split: the sequences, the report, what dataset.json says of the split, and notes."""
    source = str(layout.path)
    steps: list[StepReport] = []

    def done(step: str, reason: str, before: int, left: Interactions) -> None:
        users = int(np.count_nonzero(np.bincount(left.users))) if len(left) else 0
        items = int(np.count_nonzero(np.bincount(left.items))) if len(left) else 0
        steps.append(StepReport(step, reason, before - len(left), len(left), users, items))
        if len(left) == 0:
            raise UserError(f"{source}: nothing is left after {step} ({reason}); ask for less")

    skipped = data.skipped.count
    done("read", f"{layout.format}" + (f", {skipped:,} bad rows skipped" if skipped else ""), len(data), data)
    tell("filtering")
    if options.min_rating is not None:
        if data.ratings is None:
            raise UserError(f"{source}: --min-rating needs a rating column; name it with --rating-column")
        before = len(data)
        data = data.take(filtering.min_rating(data.ratings, options.min_rating))
        done("--min-rating", f"rated below {options.min_rating:g} or not at all", before, data)
    data = replace(data, ratings=None)
    if options.repeats == "drop":
        before = len(data)
        data = data.take(filtering.first_of_pairs(data, splits.chronological(data.users, data.times)))
        done("--repeats drop", "a user's later rows with the same item", before, data)
    if options.min_interactions > 1:
        before, least = len(data), options.min_interactions
        keep, rounds = filtering.core(data.users, data.items, least)
        data = data.take(keep)
        done(
            "--min-interactions", f"users and items with fewer than {least} (rounds: {rounds})", before, data
        )

    cuts: splits.Cuts | None = None
    if options.split == "temporal":
        if data.times is None:
            raise UserError(f"{source}: --split temporal needs a time column; name it with --time-column")
        cuts = _cuts(data.times, options)
    if options.min_history > 0:
        before = len(data)
        in_train: npt.NDArray[np.bool_] | None = None
        user_least = options.min_history + 2
        if cuts is not None and data.times is not None:
            in_train, user_least = data.times.raw < cuts.val, 0
        keep, _ = filtering.core(
            data.users,
            data.items,
            max(1, options.min_interactions),
            user_least=user_least,
            in_train=in_train,
            train_least=options.min_history,
        )
        data = data.take(keep)
        done("--min-history", f"users with fewer than {options.min_history} training items", before, data)

    tell("splitting")
    result = splits.assemble(data, cuts)
    split: dict[str, Any] = {"split": options.split}
    if cuts is not None and data.times is not None:
        split["split_at"] = {
            part: iso_text(cut // data.times.per_second)
            for part, cut in (("val_from", cuts.val), ("test_from", cuts.test))
        }
    _check_targets(result, source, options)
    return result, steps, split, []


def _cuts(times: Times, options: PrepareOptions) -> splits.Cuts:
    micros = options.cut_micros()
    if micros is None:
        return splits.quantile_cuts(times, options.val_fraction, options.test_fraction)
    # Rounded up: a row counts as after the cut only from the cut on, whatever the column's unit.
    val, test = (-(-cut * times.per_second // 1_000_000) for cut in micros)
    return splits.Cuts(val, test)


def _check_targets(data: Sequences, source: str, options: PrepareOptions) -> None:
    lengths = np.diff(data.offsets)
    val, test = data.boundaries[:, 0], data.boundaries[:, 1]
    empty = [
        part
        for part, has in (("validation", (test > val) & (val > 0)), ("test", (lengths > test) & (test > 0)))
        if not has.any()
    ]
    if not empty:
        return
    if options.split == "temporal":
        raise UserError(
            f"{source}: no user has a {' or '.join(empty)} item after earlier ones;"
            " choose other cut times or fractions"
        )
    raise UserError(
        f"{source}: no user has 3 interactions, which leave-one-out needs; give more data or filter less"
    )


def _check_presplit(path: Path, options: PrepareOptions) -> None:
    """A file that is indexed and split already is kept as it is, so what would change it is refused."""
    default = PrepareOptions()
    changing = (
        "user_column", "item_column", "time_column", "rating_column", "min_rating", "min_interactions",
        "min_history", "repeats", "split", "val_from", "test_from",
    )  # fmt: skip
    for name in changing:
        if getattr(options, name) != getattr(default, name):
            option = "--" + re.sub("_", "-", name)
            raise UserError(
                f"{option} does not apply to {path}: the file is split already and is kept as it is"
            )


def _one_each(data: Sequences) -> bool:
    lengths = np.diff(data.offsets)
    val, test = data.boundaries[:, 0], data.boundaries[:, 1]
    return bool(((test - val == 1) & (lengths - test == 1)).all())


def silent(_stage: str) -> None:
    """Progress that nobody watches."""
