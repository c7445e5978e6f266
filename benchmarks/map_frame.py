"""Measure how long a frame of the map takes: 100,000 items at 200×60 cells.

    python benchmarks/map_frame.py [--items 100000] [--width 200] [--height 60] [--repeats 20]

Prints JSON, in milliseconds, the median of all repeats: `first` (the cloud of items is drawn anew, as after
a pan or a zoom), `step` (the walk goes on in the same window), `by_category` (as `first`, categories told
apart), `clouds` (as `step`, with five clouds of 1,000 samples). Each is from the arrays
to the segments that the terminal is sent.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from rich.style import Style

from diffurec.inspection.cases import Case
from diffurec.inspection.frames import Frame, Ranking, Trajectory
from diffurec.inspection.projection import principal_plane
from diffurec.inspection.views import View
from diffurec_tui.clouds import Cloud
from diffurec_tui.colouring import by_category as colouring_by_category
from diffurec_tui.mapping import ItemMap, Mark, Trail
from diffurec_tui.reading import States
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.theme.palette import DARK, palette
from diffurec_tui.widgets.scatter import Scatter
from diffurec_tui.widgets.scene import Places, Scene

STEPS, WIDE = 32, 128


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--items", type=int, default=100_000)
    options.add_argument("--width", type=int, default=200)
    options.add_argument("--height", type=int, default=60)
    options.add_argument("--repeats", type=int, default=20)
    chosen = options.parse_args()
    size = chosen.width, chosen.height
    scatter = Scatter(id="map")
    scene = synthetic(chosen.items)
    by_category = replace(scene, colouring=colouring_by_category(scene.items))
    report = {
        "first": measured(scatter, scene, size, chosen.repeats, anew=True),
        "step": measured(scatter, scene, size, chosen.repeats, anew=False),
        "by_category": measured(scatter, by_category, size, chosen.repeats, anew=True),
        "clouds": measured(scatter, with_clouds(scene), size, chosen.repeats, anew=False),
    }
    print(json.dumps({"items": chosen.items, "cells": list(size), "median_ms": report}, indent=2))


def measured(scatter: Scatter, scene: Scene, size: tuple[int, int], repeats: int, *, anew: bool) -> float:
    colours = palette(DARK.to_color_system().generate() | DARK.variables)
    spent: list[float] = []
    frame: Callable[[], object] = lambda: scatter.segments(*size, colours, Style())  # noqa: E731
    scatter.scene = scene
    frame()
    for _ in range(repeats):
        if anew:
            scatter.forget()
        began = time.perf_counter()
        frame()
        spent.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(spent), 2)


def synthetic(items: int) -> Scene:
    """A cloud, and a walk through it."""
    rng = np.random.default_rng(0)
    spread = np.linspace(2, 0.5, WIDE, dtype=np.float32)
    vectors = rng.standard_normal((items, WIDE), dtype=np.float32) * spread
    projection = principal_plane(vectors)
    kinds = [f"kind {number}|other" for number in range(8)]
    names = ["", *(kinds[number % len(kinds)] for number in range(items))]
    item_map = ItemMap(projection, vectors, projection(vectors), np.ones(items, dtype=np.int64), names)
    top = np.arange(1, 11)
    ranking = Ranking(top, np.ones(10, np.float32), np.full(10, 0.1, np.float32), 1.0, 1)
    frames = tuple(
        Frame(index, STEPS - 1 - index, ranking, ranking, 1.0, vectors[index], vectors[index])
        for index in range(STEPS)
    )
    marks = (
        Mark(1, "target", 0),
        *(Mark(int(item), "top", place) for place, item in enumerate(top[1:], 2)),
        *(Mark(ago + 100, "newest" if ago == 1 else "history", ago) for ago in range(1, 51)),
    )
    trail = Trail.of(States(Trajectory(frames, STEPS)), "x_t")
    return Scene(item_map, trail, projection(trail.vectors), STEPS, marks)


def with_clouds(scene: Scene) -> Scene:
    rng = np.random.default_rng(1)
    vectors = [
        (at + rng.standard_normal((1_000, WIDE))).astype(np.float32) for at in rng.standard_normal((5, WIDE))
    ]
    clouds = [
        Cloud(WalkSpec(user, Case((1,)), 0, View()), f"{user}", 1_000, part)
        for user, part in enumerate(vectors)
    ]
    samples = tuple(Places(scene.items).of(part) for part in vectors)
    return replace(scene, clouds=tuple(clouds), samples=samples)


if __name__ == "__main__":
    main()
