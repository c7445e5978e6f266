"""What `diffurec evaluate` writes of every user: lists, ranks and metrics, in the data's own ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from diffurec.errors import UserError
from diffurec_tui.cli.console import narrate

if TYPE_CHECKING:
    import polars as pl

    from diffurec.evaluate import Evaluation
    from diffurec_tui.cli.evaluation_report import Subject

SUFFIXES = (".parquet", ".csv", ".jsonl")


def check_file(option: str, path: Path | None) -> None:
    """Refuse, before anything is computed, a file that could not be written.

    Raises:
        UserError: its name ends in no known format, or its folder is not there.
    """
    if path is None:
        return
    if path.suffix not in SUFFIXES:
        raise UserError(f"{option} {path}: the name must end in one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UserError(f"{option} {path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise UserError(f"{option} {path}: is a folder")


def lists_frame(subject: Subject, result: Evaluation) -> pl.DataFrame:
    """A row a recommended item: whose, at which rank, which, its score, and whether it is the true one."""
    import numpy as np
    import polars as pl

    lists = result.lists
    assert lists is not None
    users, places = np.nonzero(lists.items)
    items = lists.items[users, places]
    return pl.DataFrame(
        {
            "user_id": _user_ids(subject)[users],
            "rank": (places + 1).astype(np.int32),
            "item_id": _item_ids(subject)[items],
            "score": lists.scores[users, places],
            "hit": items == subject.targets[users],
        }
    )


def users_frame(subject: Subject, result: Evaluation, other: Evaluation | None = None) -> pl.DataFrame:
    """A row a user: the true item, its rank, and what the user adds to each metric, between 0 and 1."""
    import polars as pl

    from diffurec.metrics import user_metrics

    rank_of_other = {} if other is None else {"rank_against": other.ranks}
    return pl.DataFrame(
        {
            "user_id": _user_ids(subject),
            "item_id": _item_ids(subject)[subject.targets],
            "history": subject.lengths,
            "rank": result.ranks,
            **rank_of_other,
            **user_metrics(result.ranks),
        }
    )


def write_frame(option: str, path: Path, frame: pl.DataFrame) -> None:
    """Write a table as Parquet, CSV or JSON lines, as its name says."""
    from diffurec.files import write_atomically

    write = {".parquet": frame.write_parquet, ".csv": frame.write_csv, ".jsonl": frame.write_ndjson}

    def fill(temporary: Path) -> None:
        write[path.suffix](temporary)

    try:
        write_atomically(path, fill)
    except UserError as error:
        raise UserError(f"{option} {error}") from None
    except OSError as error:
        raise UserError(f"{option} {path}: cannot be written ({error.strerror})") from None
    narrate(f"{path}: {len(frame):,} rows")


def _user_ids(subject: Subject) -> pl.Series:
    from diffurec.data.catalogue import load_user_ids

    return load_user_ids(subject.dataset)[subject.users]


def _item_ids(subject: Subject) -> pl.Series:
    import polars as pl

    return pl.Series("item_id", subject.catalogue.original_ids)
