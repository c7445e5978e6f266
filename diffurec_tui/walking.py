"""What one can do to a walk: each action is a function from the spec of one walk to that of another."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from diffurec.inspection.cases import Case
from diffurec.inspection.views import Fork, View
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.widgets.text import spelled, symbols

MAX_SEED = 2**62
"""The largest that the command line takes."""


def length(spec: WalkSpec, num_steps: int) -> int:
    """Steps of the walk, of a model of `num_steps`."""
    return spec.view.walk.steps or num_steps


# The noise.


def reseed(spec: WalkSpec) -> WalkSpec:
    """Another walk of the same history, from its first draw on."""
    return replace(spec, seed=_after(spec.seed), forks=())


def fork(spec: WalkSpec, step: int, num_steps: int) -> WalkSpec | None:
    """Share what lies before state `step`, and draw what follows anew; None at the end of the walk.

    Every fork draws under a seed that nothing before it had, so that the same again is another future.
    """
    if not 0 <= step < length(spec, num_steps):
        return None
    seed = _after(max((spec.seed, *(one.seed for one in spec.forks))))
    kept = tuple(one for one in spec.forks if one.step < step)
    return replace(spec, forks=(*kept, Fork(step, seed)))


def drawn_of(spec: WalkSpec, *, lists: bool = True) -> WalkSpec:
    """What of a spec decides many draws of it: the same again are the same draws.

    Args:
        spec: of the first walk.
        lists: whether lists matter, or else only where the walks end.
    """
    # Forks are of one walk alone, lists are drawn as long as can be, and temperature reorders nothing.
    ranked = spec.view.exclude_seen and lists
    return replace(spec, forks=(), view=replace(spec.view, top_k=1, temperature=1.0, exclude_seen=ranked))


def _after(seed: int) -> int:
    return (seed + 1) % (MAX_SEED + 1)


def path(spec: WalkSpec) -> str:
    """The seeds of a walk: seed 7 ⑂12:8 is seed 7 up to state 12, and 8 from there on."""
    forks = "".join(f" {symbols().fork}{one.step}:{one.seed}" for one in spec.forks)
    return f"seed {spec.seed}{forks}"


# The dials.


@dataclass(frozen=True)
class Dial:
    """Something to turn; the value that is neither left nor right of what the model has is `own`."""

    name: str
    short: str
    """In the header, before the value."""
    values: Callable[[int], tuple[Any, ...]]
    """From left to right, of a model of so many steps."""
    own: Any
    get: Callable[[View], Any]
    set: Callable[[View, Any], View]
    say: Callable[[Any], str] = str
    help: str = ""


def _strides(num_steps: int) -> tuple[int | None, ...]:
    """The full walk, then powers of two."""
    powers = range(math.ceil(math.log2(max(1, num_steps))) - 1, -1, -1)
    return (None, *(2**power for power in powers if 2**power < num_steps))


def _of_walk(name: str) -> tuple[Callable[[View], Any], Callable[[View, Any], View]]:
    return (
        lambda view: getattr(view.walk, name),
        lambda view, value: replace(view, walk=replace(view.walk, **{name: value})),
    )


def _of_view(name: str) -> tuple[Callable[[View], Any], Callable[[View, Any], View]]:
    return lambda view: getattr(view, name), lambda view, value: replace(view, **{name: value})


LAMBDAS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
ROUNDINGS = (None, "inner_product", "distance", "cosine")
TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def _times(value: float) -> str:
    return f"{symbols().times}{value:g}"


def _word(value: str | None) -> str:
    return "the model's own" if value is None else value.replace("_", " ")


DIALS: tuple[Dial, ...] = (
    Dial(
        "lambda", "λ ", lambda _: LAMBDAS, 1.0, *_of_walk("lambda_scale"), _times, "how much f_θ sees of x_t"
    ),
    Dial(
        "steps", "steps ", _strides, None, *_of_walk("steps"),
        lambda value: "all" if value is None else str(value), "fewer are a strided walk",
    ),
    Dial(
        "variance", "", lambda _: (None, "fixed_large", "posterior"), None, *_of_walk("variance"),
        _word, "noise of a step: β_t or the posterior's",
    ),
    Dial(
        "rounding", "by ", lambda _: ROUNDINGS, None, *_of_walk("rounding"),
        _word, "what near means",
    ),
    Dial(
        "temperature", "T ", lambda _: TEMPERATURES, 1.0, *_of_view("temperature"),
        lambda value: f"{value:g}", "divides the scores before the softmax",
    ),
    Dial(
        "seen items", "", lambda _: (False, True), False, *_of_view("exclude_seen"),
        lambda value: "seen left out" if value else "ranked", "items of the history in the lists",
    ),
)  # fmt: skip


def turn(spec: WalkSpec, dial: Dial, by: int, num_steps: int) -> WalkSpec:
    """One value to the right or to the left; the last one stays."""
    values = dial.values(num_steps)
    now = dial.get(spec.view)
    place = values.index(now) if now in values else values.index(dial.own)
    return set_dial(spec, dial, values[min(len(values) - 1, max(0, place + by))], num_steps)


def set_dial(spec: WalkSpec, dial: Dial, value: Any, num_steps: int) -> WalkSpec:
    """Forks that do not lie in the walk any more are dropped."""
    turned = replace(spec, view=dial.set(spec.view, value))
    steps = length(turned, num_steps)
    return replace(turned, forks=tuple(one for one in turned.forks if one.step < steps))


def reset(spec: WalkSpec, dial: Dial, num_steps: int) -> WalkSpec:
    return set_dial(spec, dial, dial.own, num_steps)


def reset_all(spec: WalkSpec, num_steps: int) -> WalkSpec:
    for dial in DIALS:
        spec = reset(spec, dial, num_steps)
    return spec


def turned(view: View) -> str:
    """The dials that are not as the model has them, in a few words."""
    away = [dial for dial in DIALS if dial.get(view) != dial.own]
    return f" {symbols().dot} ".join(
        (symbols().lam + " " if dial.name == "lambda" else dial.short) + dial.say(dial.get(view))
        for dial in away
    )


# The history.


def _with_history(spec: WalkSpec, history: Sequence[int]) -> WalkSpec:
    return replace(spec, case=replace(spec.case, history=tuple(history)))


def remove(spec: WalkSpec, place: int) -> WalkSpec | None:
    """Without the item at `place`; None where nothing would be left to recommend for."""
    history = spec.case.history
    if len(history) < 2 or not 0 <= place < len(history):
        return None
    return _with_history(spec, history[:place] + history[place + 1 :])


def insert(spec: WalkSpec, place: int, item: int) -> WalkSpec:
    """`item` becomes number `place` of the history."""
    history = spec.case.history
    return _with_history(spec, (*history[:place], item, *history[place:]))


def substitute(spec: WalkSpec, place: int, item: int) -> WalkSpec:
    history = spec.case.history
    return _with_history(spec, (*history[:place], item, *history[place + 1 :]))


def move(spec: WalkSpec, place: int, by: int) -> WalkSpec | None:
    """The item at `place` goes `by` places towards the newest; None where that is outside."""
    history = list(spec.case.history)
    if not (0 <= place < len(history) and 0 <= place + by < len(history)):
        return None
    history.insert(place + by, history.pop(place))
    return _with_history(spec, history)


def restore(spec: WalkSpec, data: Case) -> WalkSpec:
    """The history as the data has it."""
    return replace(spec, case=data)


def edited(data: Case, now: Case) -> str:
    """How a history differs from the one of the data; empty where it does not."""
    if data.history == now.history:
        return ""
    before, after = Counter(data.history), Counter(now.history)
    gone, new = (before - after).total(), (after - before).total()
    parts = [f"{sign}{number}" for sign, number in (("−", gone), ("+", new)) if number]
    return f"history {'edited ' + ' '.join(parts) if parts else 'in another order'}"


def told(spec: WalkSpec, data: Case) -> tuple[str, tuple[str, ...]]:
    """The seeds where there is more than one or anything else is changed, and what is, in few words."""
    changes = tuple(spelled(one) for one in (turned(spec.view), edited(data, spec.case)) if one)
    return path(spec) if spec.forks or changes else "", changes


# The same walk on the command line.


@runtime_checkable
class Ids(Protocol):
    """The data's own item ids."""

    @property
    def original_ids(self) -> Sequence[str]: ...


def trace_options(spec: WalkSpec, catalogue: Ids) -> list[str]:
    """Options under which `diffurec trace` walks this very walk."""
    view, walk = spec.view, spec.view.walk
    raw = catalogue.original_ids
    options = [f"--history={_written([raw[item] for item in spec.case.history])}"]
    if spec.case.target is not None:
        options.append(f"--target={raw[spec.case.target]}")
    options += [f"--seed={spec.seed}", f"--top-k={view.top_k}"]
    options += [f"--fork={one.step}:{one.seed}" for one in spec.forks]
    for name, value, own in (
        ("steps", walk.steps, None),
        ("variance", walk.variance, None),
        ("rounding", walk.rounding, None),
        ("lambda-scale", walk.lambda_scale, 1.0),
        ("temperature", view.temperature, 1.0),
    ):
        if value != own:
            options.append(f"--{name}={value}")
    return [*options, "--exclude-seen"] if view.exclude_seen else options


def _written(ids: list[str]) -> str:
    """Ids as the command line reads them: with spaces between where that is clear."""
    if any(re.search(r"[\s,]|^\[|^$", one) for one in ids):
        return json.dumps(ids, ensure_ascii=False)
    return " ".join(ids)
