"""The options of `prepare`, checked on their own before any file is touched."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from diffurec.data.columns import Wanted
from diffurec.data.interactions import OnError
from diffurec.data.sniff import FORMATS
from diffurec.data.times import EARLIEST, LATEST, MICROS, parse_iso, parse_number
from diffurec.errors import UserError

Repeats = Literal["keep", "drop"]
SplitMethod = Literal["leave-one-out", "temporal"]
FRACTION = 0.1


@dataclass(frozen=True)
class PrepareOptions:
    """How interactions become a dataset.

    Columns are names, or numbers from 1 where the file has no header; "none" ignores a rating or time
    column. `val_from` and `test_from` are ISO dates or unix seconds and go before the fractions.
    """

    format: str = "auto"
    user_column: str | None = None
    item_column: str | None = None
    time_column: str | None = None
    rating_column: str | None = None
    min_rating: float | None = None
    min_interactions: int = 0  # k-core: on users and items
    min_history: int = 0  # training items that every user needs
    repeats: Repeats = "keep"
    split: SplitMethod = "leave-one-out"
    val_fraction: float = FRACTION  # of all interactions, temporal split
    test_fraction: float = FRACTION
    val_from: str | None = None
    test_from: str | None = None
    name: str | None = None
    on_error: OnError = "fail"

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.user_column, self.item_column, self.rating_column, self.time_column)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self) -> None:
        """Refuse values that make no sense.

        Raises:
            UserError: the message names the option.
        """
        for option, value, known in (
            ("--format", self.format, FORMATS),
            ("--repeats", self.repeats, get_args(Repeats)),
            ("--split", self.split, get_args(SplitMethod)),
            ("--on-error", self.on_error, get_args(OnError)),
        ):
            if value not in known:
                raise UserError(f"{option} {value}: unknown; one of {', '.join(known)}")
        for option, number in (
            ("--min-interactions", self.min_interactions),
            ("--min-history", self.min_history),
        ):
            if number < 0:
                raise UserError(f"{option} {number}: must not be negative")
        if self.min_rating is not None and not abs(self.min_rating) < float("inf"):
            raise UserError(f"--min-rating {self.min_rating}: must be a finite number")
        for option, share in (("--val-fraction", self.val_fraction), ("--test-fraction", self.test_fraction)):
            if not 0 < share < 1:
                raise UserError(f"{option} {share}: must lie between 0 and 1")
        if self.val_fraction + self.test_fraction >= 1:
            raise UserError(
                "--val-fraction and --test-fraction leave nothing to train on; their sum must be below 1"
            )
        cuts = self.cut_micros()
        shares = (self.val_fraction, self.test_fraction)
        if self.split != "temporal" and (cuts or shares != (FRACTION, FRACTION)):
            raise UserError(
                "--val-from, --test-from, --val-fraction and --test-fraction need --split temporal; add it"
            )

    def cut_micros(self) -> tuple[int, int] | None:
        """The cut times in microseconds since the epoch, or None where the fractions decide.

        Raises:
            UserError: one is missing, not a time, or they are the wrong way round.
        """
        if self.val_from is None and self.test_from is None:
            return None
        if self.val_from is None or self.test_from is None:
            missing = "--val-from" if self.val_from is None else "--test-from"
            raise UserError(f"{missing} is missing: give both cut times or neither")
        val, test = _moment(self.val_from, "--val-from"), _moment(self.test_from, "--test-from")
        if val >= test:
            raise UserError(f"--val-from {self.val_from} must be before --test-from {self.test_from}")
        return val, test


def _moment(text: str, option: str) -> int:
    micros = parse_iso(text)
    if micros is None and (number := parse_number(text)) is not None:
        micros = round(number * MICROS)
    if micros is None:
        raise UserError(f"{option} {text}: not an ISO date such as 2016-07-01 and not unix seconds")
    if not EARLIEST * MICROS <= micros < (LATEST + 1) * MICROS:
        raise UserError(f"{option} {text}: outside the years 1 to 9999; unix times are given in seconds here")
    return micros
