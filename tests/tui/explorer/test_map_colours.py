from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.inspection.projection import principal_plane
from diffurec_tui.colouring import MANY_GROUPS, by_category, by_cluster, by_popularity
from diffurec_tui.mapping import ItemMap
from diffurec_tui.widgets.map_signs import FIRST_GROUP, GROUP_SIGNS
from tests.tui.explorer.conftest import exploring, screen_text
from tests.tui.explorer.maps import found, mapped, scene, until

KINDS = ["Drama|x", "Drama", "Comedy", "Drama", "", "Comedy", "War", "Drama", "[b]odd"]


def items_of(counts: list[int], categories: list[str] | None = None) -> ItemMap:
    vectors = np.random.default_rng(0).normal(size=(len(counts), 4)).astype(np.float32)
    plane = principal_plane(vectors)
    kinds = ["", *(categories or [""] * len(counts))]
    return ItemMap(plane, vectors, plane(vectors), np.array(counts, dtype=np.int64), kinds)


def test_categories_are_the_largest_firsts():
    colouring = by_category(items_of([1] * 9, KINDS))
    assert colouring is not None
    assert colouring.names == ("Drama", "Comedy", "War", "[b]odd")
    assert colouring.groups.tolist() == [0, 0, 1, 0, 4, 1, 2, 0, 3]
    assert by_category(items_of([1, 2])) is None


def test_popularity_is_by_fifths():
    colouring = by_popularity(items_of([*range(10, 0, -1)]))
    assert colouring.names == ("9-10 times", "7-8 times", "5-6 times", "3-4 times", "1-2 times")
    assert colouring.groups.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=80))
def test_items_of_one_count_are_in_one_group_and_more_frequent_ones_never_in_a_later(counts: list[int]):
    colouring = by_popularity(items_of(counts))
    order = np.argsort(counts, kind="stable")[::-1]
    assert (np.diff(colouring.groups[order]) >= 0).all()
    assert len(set(zip(counts, colouring.groups.tolist(), strict=True))) == len(set(counts))
    assert set(colouring.groups.tolist()) == set(range(len(colouring.names)))
    assert len(colouring.names) <= MANY_GROUPS


def test_clusters_are_named_by_what_stands_out():
    items = items_of([1] * 9, KINDS)
    clusters = np.array([0, 0, 1, 0, 0, 1, 0, 0, 0])
    assert by_cluster(items, clusters).names == ("Drama 57 % of 7", "Comedy 100 % of 2")
    assert by_cluster(items_of([1] * 9), clusters).names == ("7 items", "2 items")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_b_goes_through_what_items_are_told_apart_by(run_path: Path, size: tuple[int, int]):
    async with exploring(run_path, user=5, size=size) as (app, pilot):
        widget = await mapped(app, pilot)
        assert app.item_map is not None
        app.item_map = replace(app.item_map, categories=["", *KINDS, *["Drama"] * 51])
        await pilot.press("a")
        for by, shown in (("category", "x Drama"), ("popularity", " times"), ("cluster", " % ")):
            await pilot.press("b")
            assert app.map.by == by
            await until(pilot, lambda: scene(app).colouring is not None)
            assert scene(app).colouring.by == by  # type: ignore[union-attr]
            signs = {chr(sign) for sign in widget.draw(scene(app), *widget.size).characters.ravel()}
            assert signs & set(GROUP_SIGNS)
            assert found(widget, FIRST_GROUP) > 0
            assert shown in "\n".join(screen_text(app))
        await pilot.press("b")
        assert app.map.by == "nothing"
        assert found(widget, FIRST_GROUP) == 0


async def test_items_without_categories_have_the_other_colours(run_path: Path):
    async with exploring(run_path, user=5) as (app, pilot):
        await mapped(app, pilot)
        await pilot.press("b")
        assert app.map.by == "popularity"
