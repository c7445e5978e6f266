"""Options that name one walk exactly, as the explorer can make it: forks, dials, a history of one's own."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from diffurec.errors import UserError

if TYPE_CHECKING:
    from diffurec.config import Rounding, Variance
    from diffurec.data.catalogue import Catalogue
    from diffurec.inspection.cases import Case
    from diffurec.inspection.views import Fork

UserOrHistory = Annotated[
    str | None, typer.Option("--user", metavar="ID", help="User id, as it is in the data.")
]
History = Annotated[
    str | None,
    typer.Option(
        "--history", metavar='"ID ID …"', help="Raw item ids, oldest first, instead of a user's history."
    ),
]
Target = Annotated[
    str | None, typer.Option("--target", metavar="ID", help="What came next; goes with --history.")
]
Forks = Annotated[
    list[str] | None,
    typer.Option("--fork", metavar="STEP:SEED", help="Draw what follows STEP steps under SEED; repeatable."),
]
LambdaScale = Annotated[
    float, typer.Option("--lambda-scale", help="λ is multiplied by this; 0 shuts the state out.")
]
VarianceName = Annotated[
    str | None, typer.Option("--variance", help="fixed_large or posterior; the model's own unless given.")
]
RoundingName = Annotated[
    str | None,
    typer.Option("--rounding", help="inner_product, distance or cosine; the model's own unless given."),
]
Temperature = Annotated[
    float, typer.Option("--temperature", help="Divides the scores before they become probabilities.")
]


def parse_forks(texts: Sequence[str], num_steps: int) -> tuple[Fork, ...]:
    """Forks by rising step.

    Raises:
        UserError: one is not STEP:SEED, lies outside the walk, or not after the one before.
    """
    from diffurec.inspection.views import Fork

    forks: list[Fork] = []
    for text in texts:
        found = re.fullmatch(r"\s*(\d{1,9}):(\d{1,19})\s*", text)
        if found is None or int(found[2]) > 2**62:
            raise UserError(f"--fork {text}: write STEP:SEED, as 12:8")
        fork = Fork(int(found[1]), int(found[2]))
        if fork.step >= num_steps:
            raise UserError(f"--fork {text}: the walk has {num_steps} steps, fork at 0 to {num_steps - 1}")
        if forks and fork.step <= forks[-1].step:
            raise UserError(f"--fork {text}: name forks in the order of their steps, one a step")
        forks.append(fork)
    return tuple(forks)


def parse_variance(name: str | None) -> Variance | None:
    """Raises UserError where there is no such variance."""
    from diffurec.config import Variance

    for known in get_args(Variance):
        if known == name:
            return known
    if name is not None:
        raise UserError(f"--variance {name}: there are {' and '.join(get_args(Variance))}")
    return None


def parse_rounding(name: str | None) -> Rounding | None:
    """Raises UserError where there is no such rounding."""
    from diffurec.config import Rounding

    for known in get_args(Rounding):
        if known == name:
            return known
    if name is not None:
        raise UserError(f"--rounding {name}: there are {', '.join(get_args(Rounding))}")
    return None


def parse_dials(lambda_scale: float, variance: str | None, rounding: str | None) -> dict[str, Any]:
    """The dials of a walk that are not its number of steps, by their names in `WalkOptions`.

    Raises:
        UserError: there is no such value.
    """
    if not math.isfinite(lambda_scale):
        raise UserError(f"--lambda-scale {lambda_scale}: give a finite number")
    return {
        "lambda_scale": lambda_scale,
        "variance": parse_variance(variance),
        "rounding": parse_rounding(rounding),
    }


def check_whose(user: str | None, history: str | None, target: str | None) -> None:
    """Raises UserError unless there is either a user, or a history with or without what came next."""
    if (user is None) == (history is None):
        raise UserError("--user or --history: give one of them")
    if target is not None and history is None:
        raise UserError(f"--target {target}: goes with --history; what a user's next item is, the data say")


def check_temperature(temperature: float) -> None:
    """Raises UserError where nothing can be divided by it."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise UserError(f"--temperature {temperature}: give a number above 0")


def case_of_ids(history: str, target: str | None, catalogue: Catalogue) -> Case:
    """The case of a history in the data's own item ids.

    Raises:
        UserError: it is empty, or an id is not in the catalogue.
    """
    from diffurec.inspection.cases import Case
    from diffurec_tui.cli.recommending import ids_of

    def find(option: str, raw: str) -> int:
        item = catalogue.find(raw)
        if item is None:
            raise UserError(f"{option}: {raw} is no item of the catalogue; give ids as they are in the data")
        return item

    items = tuple(find("--history", raw) for raw in ids_of(history))
    if not items:
        raise UserError("--history: is empty; give at least one item id, oldest first")
    return Case(items, None if target is None else find("--target", target))
