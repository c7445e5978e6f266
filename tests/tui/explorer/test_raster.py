from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffurec_tui.widgets.canvas import DENSITY, Canvas
from diffurec_tui.widgets.raster import Points, Window, cells, fitting, path, scatter

UNIT = Window(0.0, 0.0, 1.0)
"""A dot a unit: in 4×2 cells, x from -4 to 4 and y from -4 to 4."""
coordinates = st.floats(-1e4, 1e4, allow_nan=False, width=32)
clouds = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=60)
sizes = st.tuples(st.integers(1, 70), st.integers(1, 40))


def points(*pairs: tuple[float, float]) -> Points:
    return np.array(pairs, dtype=np.float32).reshape(-1, 2)


def text(canvas: Canvas) -> list[str]:
    return ["".join(map(chr, row)) for row in canvas.characters.tolist()]


def drawn(cloud: Points, width: int, height: int, *, braille: bool = True) -> list[str]:
    canvas = Canvas.blank(width, height)
    canvas.dots(scatter(cloud, UNIT, width, height), 1, braille=braille)
    return text(canvas)


def test_known_dots():
    assert drawn(points((-3.5, 3.5)), 4, 2) == ["⠁   ", "    "], "upper left"
    assert drawn(points((3.5, 3.5)), 4, 2) == ["   ⠈", "    "]
    assert drawn(points((-3.5, -3.5)), 4, 2) == ["    ", "⡀   "]
    assert drawn(points((3.5, -3.5)), 4, 2) == ["    ", "   ⢀"]
    assert drawn(points((0.5, 0.5), (0.5, 1.5), (1.5, 3.5)), 4, 2) == ["  ⡌ ", "    "]
    full = points(*((x + 0.5, y + 0.5) for x in range(2) for y in range(4)))
    assert drawn(full, 4, 2) == ["  ⣿ ", "    "]


def test_dots_without_braille_are_the_denser_the_more_there_are():
    rows = [
        drawn(points(*((n % 2 + 0.5, n // 2 + 0.5) for n in range(number))), 4, 2, braille=False)[0][2]
        for number in (1, 3, 5, 8)
    ]
    assert "".join(rows) == DENSITY


def test_what_is_outside_or_no_number_is_not_drawn():
    odd = points((4.0, 0.0), (-4.1, 0.0), (0.0, 4.1), (0.0, -4.1), (np.nan, 0.0), (np.inf, -np.inf))
    assert not scatter(odd, UNIT, 4, 2).counts.any()
    assert not scatter(points(), UNIT, 4, 2).patterns.any()


@settings(deadline=None)
@given(clouds, sizes, coordinates, coordinates, st.floats(1e-3, 1e3))
def test_every_point_inside_the_window_lights_its_cell(
    cloud: list[tuple[float, float]], size: tuple[int, int], x: float, y: float, scale: float
):
    window, (width, height) = Window(x, y, scale), size
    raster = scatter(points(*cloud), window, width, height)
    inside = 0
    for right, up in cloud:
        column = ((right - x) / scale + width) / 2
        row = ((y - up) / scale + height * 2) / 4
        if 0 <= column < width and 0 <= row < height:
            inside += 1
            assert raster.patterns[int(row), int(column)]
            assert raster.counts[int(row), int(column)]
    assert raster.counts.sum() == inside
    where = cells(points(*cloud), window, width, height)
    assert np.bincount(where[where >= 0], minlength=width * height).tolist() == raster.counts.ravel().tolist()
    assert ((raster.patterns > 0) == (raster.counts > 0)).all()
    assert (raster.dots_lit <= np.minimum(raster.counts, 8)).all()


@settings(deadline=None)
@given(clouds, sizes)
def test_a_fitting_window_shows_everything(cloud: list[tuple[float, float]], size: tuple[int, int]):
    width, height = size
    window = fitting(points(*cloud), width, height)
    assert scatter(points(*cloud), window, width, height).counts.sum() == len(cloud)


def test_a_window_for_nothing_and_for_one_point():
    assert fitting(points(), 10, 10).scale > 0
    assert fitting(points((np.nan, 1.0)), 10, 10).scale > 0
    assert scatter(points((7.0, 7.0)), fitting(points((7.0, 7.0)), 10, 10), 10, 10).counts[5, 5] == 1


@settings(deadline=None)
@given(clouds, sizes, coordinates, coordinates, st.floats(1e-2, 1e3))
def test_a_line_is_without_gaps_and_touches_its_ends(
    cloud: list[tuple[float, float]], size: tuple[int, int], x: float, y: float, scale: float
):
    window, (width, height) = Window(x, y, scale), size
    ends = points(*cloud)
    lit = path(ends, window, width, height).patterns > 0
    assert (lit | (scatter(ends, window, width, height).patterns == 0)).all(), "ends that are inside are lit"


def test_a_line_crosses_the_window_it_does_not_end_in():
    canvas = Canvas.blank(4, 2)
    canvas.dots(path(points((-100.0, 0.5), (100.0, 0.5)), UNIT, 4, 2), 1, braille=True)
    assert text(canvas) == ["⣀⣀⣀⣀", "    "]
    assert not path(points((-100.0, 50.0), (100.0, 50.0)), UNIT, 4, 2).patterns.any()
    assert not path(points((-100.0, -50.0), (-50.0, 90.0)), UNIT, 4, 2).patterns.any()


def test_zooming_leaves_the_point_it_is_about_where_it_is():
    cloud, window = points((1.5, -2.5)), Window(0.0, 0.0, 0.1)
    before = window.dots(cloud, 40, 20)
    for factor in (1.5, 0.3, 4000.0):
        np.testing.assert_allclose(window.zoomed(factor, 1.5, -2.5).dots(cloud, 40, 20), before, atol=1e-6)
    np.testing.assert_allclose(window.moved(3, 2).dots(cloud, 40, 20), before + np.array([-3, 2]), atol=1e-6)
    column, row = before[0] / (2, 4)
    assert window.point(column, row, 40, 20) == pytest.approx((1.5, -2.5))


@given(st.integers(0, 2**32 - 1))
def test_a_canvas_as_strips_has_all_its_cells(seed: int):
    from rich.style import Style

    rng = np.random.default_rng(seed)
    canvas = Canvas.blank(17, 3)
    canvas.dots(scatter(rng.normal(size=(40, 2)).astype(np.float32), UNIT, 17, 3), 1, braille=True)
    canvas.put(3, 1, "★", 2)
    canvas.put(-1, 0, "x", 2)
    canvas.put(17, 5, "x", 2)
    rows = canvas.segments([Style(), Style(bold=True), Style(color="red")], Style())
    told = ["".join(segment.text for segment in row) for row in rows]
    assert told == text(canvas)
    assert {len(row) for row in told} == {17}
    assert "x" not in "".join(told)
