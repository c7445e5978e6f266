"""What is on screen as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diffurec.files import cannot_write, clean
from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Ranking
from diffurec.inspection.projection import Projection
from diffurec.inspection.views import View
from diffurec_tui.colouring import Colouring
from diffurec_tui.reading import States
from diffurec_tui.snapshots import Draws, Names, RunFacts, User, WalkSpec
from diffurec_tui.walking import Ids, trace_options
from diffurec_tui.widgets.raster import Points, Window
from diffurec_tui.widgets.scene import Scene


@dataclass(frozen=True)
class NamedWalk:
    """A walk, and what its history is in the data."""

    spec: WalkSpec
    user: str
    """The data's own id."""
    data: Case


def snapshot(facts: RunFacts, walked: NamedWalk, states: States, index: int, names: Names) -> dict[str, Any]:
    """The step one looks at in full, the curves of the walk, and all that it can be walked again from."""
    frames = states.trajectory.frames
    return {
        **_run(facts),
        **_walk(walked, names),
        "step": index,
        "steps": states.num_steps,
        "t": states.t(index),
        "x_0_hat": _ranking(states.ranking(index, "x_0_hat"), names),
        "x_t": _ranking(states.ranking(index, "x_t"), names),
        "walk": {
            "t": [one.t for one in frames],
            "moved": [one.moved for one in frames],
            "target_rank": {
                "x_0_hat": [one.x_0_hat.target_rank for one in frames],
                "x_t": [one.x_t.target_rank for one in frames],
            },
            "entropy": {
                "x_0_hat": [one.x_0_hat.entropy for one in frames],
                "x_t": [one.x_t.entropy for one in frames],
            },
        },
    }


def draws_snapshot(
    facts: RunFacts, draws: Draws, names: Names, user: Callable[[User], str]
) -> dict[str, Any]:
    """Many lists and their measures, under the names that `diffurec sample --json` has for them.

    Where other draws are pinned, the same of them, and what is between the two.
    """
    value = _run(facts) | _draws(draws, names, user)
    if draws.against is not None:
        pinned, contrast = draws.against.pinned, draws.against.contrast
        value["pinned"] = _draws(pinned, names, user)
        value["one_of_each"] = {
            "mean_jaccard": contrast.jaccard,
            "shared_items": contrast.shared_items,
            "same_seed_jaccard": contrast.same_seed_jaccard,
        }
    return value


def _draws(draws: Draws, names: Names, user: Callable[[User], str]) -> dict[str, Any]:
    spec, samples = draws.spec, draws.samples
    ranks = samples.target_ranks
    return {
        **_whose(user(spec.user), spec.seed, spec.case, names),
        "n": len(samples.seeds),
        "top_k": draws.k,
        "dials": _dials(spec.view),
        "target_rank": None if ranks is None else ranks.tolist(),
        "diversity": asdict(draws.measures),
        "mean_jaccard_of_first": draws.jaccard.tolist(),
        "items": [{"item": item, "title": names.name(item), "lists": count} for item, count in draws.items],
        "lists": [
            {"seed": seed, "items": items}
            for seed, items in zip(samples.seeds, samples.lists.tolist(), strict=True)
        ],
    }


def map_snapshot(
    facts: RunFacts,
    walked: NamedWalk,
    scene: Scene,
    window: Window,
    size: tuple[int, int],
    names: Names,
) -> dict[str, Any]:
    """The items inside the window, and everything drawn over them, with coordinates in the picture."""
    points, layout = scene.items.points, scene.items.layout
    left, top = window.point(0, 0, *size)
    right, bottom = window.point(*size, *size)
    inside = (points >= (left, bottom)).all(axis=1) & (points <= (right, top)).all(axis=1)
    rows = np.flatnonzero(inside).tolist()
    return {
        **_run(facts),
        **_walk(walked, names),
        "layout": "pca" if isinstance(layout, Projection) else "t-sne",
        "explained": list(layout.explained) if isinstance(layout, Projection) else None,
        "window": {"x": [left, right], "y": [bottom, top]},
        "lens": scene.trail.lens,
        "state": scene.index,
        "trail": scene.walked.tolist(),
        "picked": scene.picked,
        "marks": [
            {"kind": mark.kind, "place": mark.place, **_placed(mark.item, points, names)}
            for mark in scene.marks
        ],
        "clouds": [
            {
                "user": cloud.name,
                "seed": cloud.spec.seed,
                "spread": cloud.spread,
                "points": samples.tolist(),
            }
            for cloud, samples in zip(scene.clouds, scene.samples, strict=True)
        ],
        "colour_by": None if scene.colouring is None else scene.colouring.by,
        "items": [{**_placed(row + 1, points, names), **_group(scene.colouring, row)} for row in rows],
    }


def _placed(item: int, points: Points, names: Names) -> dict[str, Any]:
    x, y = points[item - 1].tolist()
    return {"item": item, "title": names.name(item), "x": x, "y": y}


def _group(colouring: Colouring | None, row: int) -> dict[str, Any]:
    if colouring is None:
        return {}
    group = int(colouring.groups[row])
    return {"group": colouring.names[group] if group < len(colouring.names) else None}


def _run(facts: RunFacts) -> dict[str, Any]:
    return {"dataset": facts.dataset, "weights": facts.weights, "epoch": facts.epoch}


def _walk(walked: NamedWalk, names: Names) -> dict[str, Any]:
    """Everything that names a walk exactly, also as options of `diffurec trace`."""
    spec, data = walked.spec, walked.data.history
    edited = spec.case.history != data
    return {
        **_whose(walked.user, spec.seed, spec.case, names),
        "history_before_edits": [_item(item, names) for item in data] if edited else None,
        "forks": [asdict(fork) for fork in spec.forks],
        "top_k": spec.view.top_k,
        "dials": {**_dials(spec.view), "temperature": spec.view.temperature},
        "trace": trace_options(spec, names) if isinstance(names, Ids) else None,
    }


def _dials(view: View) -> dict[str, Any]:
    """Those that decide a list; None is the model's own."""
    return {**asdict(view.walk), "exclude_seen": view.exclude_seen}


def _item(item: int, names: Names) -> dict[str, Any]:
    return {"item": item, "title": names.name(item)}


def _whose(user: str, seed: int, case: Case, names: Names) -> dict[str, Any]:
    """Whose walk it is, and which one."""
    target = case.target
    return {
        "user": user,
        "seed": seed,
        "history": [_item(item, names) for item in case.history],
        "target": None if target is None else _item(target, names),
    }


def _ranking(ranking: Ranking, names: Names) -> dict[str, Any]:
    return {
        "top": [
            {
                "rank": place + 1,
                "item": int(item),
                "title": names.name(int(item)),
                "score": float(ranking.scores[place]),
                "probability": float(ranking.probabilities[place]),
            }
            for place, item in enumerate(ranking.items)
        ],
        "entropy": ranking.entropy,
        "target_rank": ranking.target_rank,
    }


def write_snapshot(folder: Path, value: dict[str, Any]) -> Path:
    """Write to a name that says what it is, and that no other content has.

    Raises:
        UserError: it cannot be written.
    """
    text = json.dumps(clean(value), indent=2, ensure_ascii=False) + "\n"
    user = re.sub(r"[^\w.-]+", "_", str(value["user"]))[:60] or "user"
    kinds = {"step": "step{}", "n": "walks{}", "layout": "map-{}"}
    what = next(name.format(value[key]) for key, name in kinds.items() if key in value)
    stem = f"diffurec-{user}-seed{value['seed']}-{what}"
    number = 1
    while True:
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        try:
            if path.exists() and path.read_text(encoding="utf-8") != text:
                number += 1
                continue
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise cannot_write(path, error) from None
        return path
