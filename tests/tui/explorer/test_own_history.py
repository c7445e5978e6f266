from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot

from diffurec.data.catalogue import load_catalogue
from diffurec.errors import UserError
from diffurec.inspection.cases import Case
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.cli.explore import explore
from diffurec_tui.own_history import Reader, Reading, own_of, split
from diffurec_tui.screens.own_history import OneLine, OwnHistoryScreen
from diffurec_tui.screens.title_search import TitleIndex
from diffurec_tui.snapshots import Own
from tests.helpers import make_run, write_dataset
from tests.tui.explorer.conftest import exploring, screen_text, walked

TITLES = (
    "Matrix, The (1999)",
    "Toy Story (1995)",
    "Toy Story 2 (1999)",
    "12",
    "Kolya",
    "kolya",
    "A => B",
    "Fargo",
)


@pytest.fixture(scope="module")
def titled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a few films: i1 is The Matrix."""
    folder = tmp_path_factory.mktemp("titled")
    sequences = [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [2, 3, 4, 8]]
    return make_run(folder / "run", write_dataset(folder / "data", sequences, 8, titles=TITLES)).path


@pytest.fixture(scope="module")
def reader(titled: Path) -> Reader:
    run = open_run(titled)
    catalogue = load_catalogue(run.num_items, run.items_path)
    return Reader(catalogue, run.num_items, TitleIndex(catalogue, run.num_items))


@pytest.mark.parametrize(
    ("text", "history", "target"),
    [
        ("", (), ()),
        ("Matrix, The (1999)", ("Matrix, The (1999)",), ()),
        ("a | b;c\n d \r\n\n|;", ("a", "b", "c", "d"), ()),
        ("a|b => c", ("a", "b"), ("c",)),
        ("a\nb\n=> c\n", ("a", "b"), ("c",)),
        ("a =>", ("a",), ()),
        ("=> c", (), ("c",)),
        ("a => b => c|d", ("a => b",), ("c", "d")),
    ],
)
def test_where_pieces_begin_and_end(text: str, history: tuple[str, ...], target: tuple[str, ...]):
    typed = split(text)
    assert (typed.history, typed.target) == (history, target)


@given(st.text())
def test_any_text_can_be_typed(text: str):
    for piece in split(text).pieces:
        assert piece == piece.strip()
        assert not {*piece} & {*"|;\n\r"}


@pytest.mark.parametrize(
    ("piece", "items", "how", "others"),
    [
        ("i1", (1,), "id", 0),
        ("matrix, the (1999)", (1,), "title", 0),
        ("the  MATRIX", (1,), "words", 0),
        ("toy story", (2,), "words", 1),
        ("story toy 2", (3,), "words", 0),
        ("12", (4,), "title", 0),
        ("Kolya", (5,), "title", 0),
        ("i3 i2, i3", (3, 2, 3), "id", 0),
        ("i3 i9", (), "nothing", 0),
        ("nobody", (), "nothing", 0),
    ],
)
def test_what_a_piece_is_taken_for(reader: Reader, piece: str, items: tuple[int, ...], how: str, others: int):
    assert reader.read(piece) == reader.known(piece) == Reading(piece, items, how, others)  # type: ignore[arg-type]


def test_a_history_out_of_what_was_found():
    found, lost = Reading("a", (3, 2), "id"), Reading("b")
    assert own_of([found, lost, found], [Reading("c", (7,), "id")]) == Own(Case((3, 2, 3, 2), 7))
    assert own_of([found], [lost]) == Own(Case((3, 2)))
    assert own_of([lost], [found]) is None


async def type_history(pilot: Pilot[None], text: str) -> None:
    await pilot.press("i")
    pilot.app.screen.query_one(OneLine).value = text
    await pilot.pause()


async def opens(app: ExplorerApp, pilot: Pilot[None], text: str) -> None:
    await type_history(pilot, text)
    await pilot.press("enter")
    await walked(app, pilot)


def shown(app: ExplorerApp) -> str:
    return "\n".join(screen_text(app))


async def test_what_is_typed_is_read_as_one_types_and_walked(titled: Path):
    async with exploring(titled, size=(80, 24)) as (app, pilot):
        await pilot.press("i", *"i2 | the matrix ; toy sto")
        for told in (
            "1 Toy Story (1995)  i2",
            "2 Matrix, The (1999)  the matrix",
            "1 more like it",
            "3 items",
        ):
            assert told in shown(app)
        await pilot.press("enter")
        await walked(app, pilot)
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.case == Case((2, 1, 2))
        assert "user your own" in screen_text(app)[0]
        assert "next item is not known" in shown(app)
        assert app.trajectory is not None
        assert app.trajectory.frames[-1].x_0_hat.target_rank is None
        await pilot.press("2", "3", "m", "N", "1", "end", "P", "d", "right", "escape")
        await walked(app, pilot)
        assert app.spec is not None
        assert app.spec.case == Case((2, 1, 2))


async def test_the_true_next_item_goes_after_the_arrow(titled: Path):
    async with exploring(titled) as (app, pilot):
        await opens(app, pilot, "kolya | 12 => fargo")
        assert app.subject is not None
        assert app.subject.case == Case((5, 4), 8)
        assert app.trajectory is not None
        assert app.trajectory.frames[-1].x_0_hat.target_rank is not None
        assert "★ Fargo" in shown(app)


async def test_what_is_not_found_is_said_before_it_is_left_out(titled: Path):
    async with exploring(titled, size=(80, 24)) as (app, pilot):
        await type_history(pilot, "i1 | nobody | i2 => nothing")
        assert "2 items · 2 not found" in shown(app)
        assert "not found: nobody" in shown(app)
        await pilot.press("enter")
        assert isinstance(app.screen, OwnHistoryScreen)
        assert "2 not found: enter again leaves them out" in shown(app)
        await pilot.press("enter")
        await walked(app, pilot)
        assert app.subject is not None
        assert app.subject.case == Case((1, 2))
        await pilot.press("u", "i")
        assert app.screen.query_one(OneLine).value == "i1 | nobody | i2 => nothing", "one can go on with it"
        await pilot.press("ctrl+u", "enter")
        assert "type at least one item" in shown(app)
        await pilot.press("escape")
        assert app.screen is app.users


async def test_pasting_many_lines(titled: Path):
    async with exploring(titled, size=(80, 24)) as (app, pilot):
        await pilot.press("i")
        lines = ["Toy Story (1995)\t", "", "12\x1b[31m", "kolya"] * 100
        app.screen.query_one(OneLine).post_message(events.Paste("\r\n".join([*lines, "=> Fargo"])))
        await pilot.pause(0.1)
        assert "200 items · the newest 12 are read · 100 not found" in shown(app)
        assert "300 Kolya" in shown(app)
        await pilot.press("enter")
        assert "  2 ≠ not found: 12[31m" in shown(app), "the first that is not found is brought into view"
        await pilot.press("enter")
        await walked(app, pilot)
        assert app.subject is not None
        assert app.subject.case == Case((2, 5) * 100, 8)


async def test_an_own_history_among_the_users_of_the_list(titled: Path):
    async with exploring(titled) as (app, pilot):
        await pilot.press("down")
        await walked(app, pilot)
        await opens(app, pilot, "i1|i2|i3")
        assert app.users.list.user == 1
        await pilot.press("w", "x")
        await walked(app, pilot)
        assert app.subject is not None
        assert app.subject.case == Case((1, 2))
        assert app.edits == "history edited −1"
        await pilot.press("0", "escape")
        await walked(app, pilot)
        assert app.spec is not None
        assert app.spec.case == Case((1, 2, 3)), "back to what was typed"
        assert not app.edits
        await pilot.press("n")
        assert app.spec.user == 2
        await pilot.press("u")
        await opens(app, pilot, "i3")
        assert app.walks.of_user(Own(Case((3,)), "your own 2")) == [app.spec]
        assert "user your own 2" in screen_text(app)[0]
        await pilot.press("u")
        await walked(app, pilot)
        assert app.screen is app.users
        assert app.spec.user == 2, "the glance is of the user under the cursor"


async def test_a_history_from_the_command_line(titled: Path):
    async with exploring(titled, user=Own(Case((1, 2), 3))) as (app, _):  # type: ignore[arg-type]
        assert app.screen is app.walk
        assert app.subject is not None
        assert app.subject.case == Case((1, 2), 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"history": "i1 i99"}, "--history: i99 is no item of the catalogue"),
        ({"history": " "}, "--history: is empty"),
        ({"history": "i1", "user": "user0"}, "--user or --history: give one of them"),
        ({"target": "i1"}, "--target i1: goes with --history"),
        ({"history": "i1 i2", "target": "i3"}, "there is none; `diffurec trace` prints a walk"),
    ],
)
def test_what_the_command_line_refuses(titled: Path, options: dict[str, str], said: str):
    with pytest.raises(UserError, match=said):
        explore(titled, **options)  # type: ignore[arg-type]


async def test_titles_that_are_not_read_yet(titled: Path):
    async with exploring(titled) as (app, pilot):
        from diffurec_tui.snapshots import NumberedNames

        app.names = NumberedNames()
        await pilot.press("i")
        assert app.screen is app.users
        assert [one.message for one in app._notifications] == ["the titles are not read yet"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (30, 8)])
async def test_long_and_odd_pieces_keep_their_line(run_path: Path, size: tuple[int, int]):
    from rich.cells import cell_len

    async with exploring(run_path, size=size) as (app, pilot):
        await type_history(pilot, "千と千尋 | [bold]matrix | emoji | i5 i6 i7 i8 | " + "x" * 500)
        assert {cell_len(row) for row in screen_text(app)} == {size[0]}
        if size[1] >= 24:
            assert "[bold]Matrix" in shown(app)
