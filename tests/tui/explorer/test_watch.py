"""`diffurec watch`, alone: all its keys, any terminal, files that come and grow, and what it costs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pexpect
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from diffurec.errors import UserError
from diffurec_tui.keymap import DEFAULT
from diffurec_tui.keys import available
from diffurec_tui.metrics.followed import Following
from diffurec_tui.screens.help import HelpScreen
from diffurec_tui.watch import WatchApp
from diffurec_tui.widgets.footer import keys_of
from diffurec_tui.widgets.plots import grid
from tests.tui.explorer.checks import At
from tests.tui.explorer.checks_of_actions import CHECKS
from tests.tui.explorer.checks_of_plots import plots as noted  # noqa: F401  # with it, its checks
from tests.tui.explorer.trainings import entry, lines, write_metrics

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two of them, with a setting that differs."""
    folder = tmp_path / "runs"
    for name, better, rate in (("base", 1.0, 0.001), ("other", 1.3, 0.01)):
        write_metrics(folder / name, better=better)
        settings = {"config": {"train": {"learning_rate": rate, "epochs": 4}}, "seed": 0}
        (folder / name / "config.json").write_text(json.dumps(settings))
    return folder


@asynccontextmanager
async def watching(
    *paths: Path, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[WatchApp, Pilot[None]]]:
    app = WatchApp(Following(paths), DEFAULT, "", None, hints=False)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def text_of(app: WatchApp) -> list[str]:
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[None], app: WatchApp, shown: str) -> None:
    for _ in range(300):
        if shown in "\n".join(text_of(app)):
            return
        await pilot.pause(0.02)
    raise AssertionError("\n".join(text_of(app)))


async def test_every_key_does_what_the_table_says(runs: Path):
    async with watching(runs / "base", size=(120, 26)) as (app, pilot):
        at = cast("Any", At)(app, pilot, "watch")
        for action in available("watch"):
            for key in action.keys.split(","):
                while app.screen is not app.plots:
                    await pilot.press("escape")
                try:
                    await CHECKS[action.binding](at, key)
                except AssertionError as error:
                    raise AssertionError(f"{key} for {action.binding}") from error
                assert app._exception is None


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_on_screen(runs: Path, size: tuple[int, int]):
    async with watching(runs, size=size) as (app, pilot):
        rows = text_of(app)
        assert {cell_len(row) for row in rows} == {size[0]}
        text = "\n".join(rows)
        for shown in ("2 runs", "A base", "B other", "epoch 4", "step 400", "loss", "val HR@10"):
            assert shown in text, shown
        for shown in ("learning rate", "enter large", "←→ read", "s smooth", "? help", "q quit"):
            assert shown in text, shown
        places = re.split(" {2,}", rows[-1].strip())
        assert set(places) <= {f"{keys_of(action)} {action.label}" for action in available("watch")}
        await pilot.press("enter", "s", "x", "left")
        text = "\n".join(text_of(app))
        for shown in ("smoothed 0.6", "at epoch 3.9", "lowest", "highest"):
            assert shown in text, shown
        await pilot.press("d")
        text = "\n".join(text_of(app))
        assert "Settings that differ" in text
        assert "train.learning_rate" in text
        assert "train.epochs" not in text


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (40, 10), (300, 80), (22, 60)])
async def test_any_size_is_survived(runs: Path, size: tuple[int, int]):
    async with watching(runs, size=size) as (app, pilot):
        await pilot.press(
            "s", "enter", "left", "z", "escape", "slash", "a", "escape", "d", "escape", "tab", "down"
        )
        assert len(text_of(app)) == size[1]
        await pilot.resize_terminal(80, 24)
        assert len(text_of(app)) == 24


async def test_plain_ascii(runs: Path, monkeypatch: pytest.MonkeyPatch):
    from diffurec_tui.widgets.text import clean, symbols

    monkeypatch.setenv("DIFFUREC_ASCII", "1")
    for kept in (symbols, clean):
        kept.cache_clear()
    try:
        async with watching(runs) as (app, pilot):
            for key in ("s", "enter", "question_mark"):
                await pilot.press(key)
                assert {sign for row in text_of(app) for sign in row if ord(sign) > 127} == set(), key
            assert isinstance(app.screen, HelpScreen)
    finally:
        monkeypatch.undo()
        for kept in (symbols, clean):
            kept.cache_clear()


async def test_a_run_that_comes_later_grows_and_is_cut(tmp_path: Path):
    async with watching(tmp_path / "run") as (app, pilot):
        await until(pilot, app, "waiting for")
        path = write_metrics(tmp_path / "run", epochs=1)
        await until(pilot, app, "step 100")
        with path.open("a") as file:
            file.write("broken\n" + entry(110, epoch=2, loss=None, learning_rate=0.1) + "\n")
        await until(pilot, app, "1 broken line, last 12")
        await until(pilot, app, "x 1 value not a number")
        path.write_text("\n".join(lines(epochs=1)[:3]) + "\n")
        await until(pilot, app, "step 30")
        assert "broken" not in "\n".join(text_of(app))
        path.unlink()
        await until(pilot, app, "the file is gone")


async def test_nothing_is_drawn_where_nothing_changed(runs: Path, monkeypatch: pytest.MonkeyPatch):
    async with watching(runs) as (app, pilot):
        await pilot.pause(0.3)
        drawn: list[int] = []
        monkeypatch.setattr(app.plots, "show", lambda: drawn.append(1))
        await pilot.pause(0.6)
        assert drawn == []


async def test_odd_names_keep_the_columns(tmp_path: Path):
    for name in ("千と千尋の神隠し", "😀👨‍👩‍👧‍👦", "[bold]x[/bold]", "a" * 200):
        path = write_metrics(tmp_path / "runs" / name)
        path.write_text(path.read_text() + entry(500, **{"千と[b]": 3.0, "tab\t": 1.0}) + "\n")
    async with watching(tmp_path / "runs", size=(80, 24)) as (app, pilot):
        for keys in ((), ("enter",), ("escape", "shift+tab"), ("enter",)):
            await pilot.press(*keys)
            assert {cell_len(row) for row in text_of(app)} == {80}


async def test_a_click_reads_and_the_wheel_zooms(runs: Path):
    async with watching(runs) as (app, pilot):
        await pilot.click("#plots-grid", offset=(60, 4))
        look = app.plots.look
        assert look.selected == "val/NDCG@10"
        assert look.cursor is not None
        app.plots.plots.on_mouse_scroll_up(cast("Any", type("E", (), {"stop": lambda self: None})()))
        await pilot.pause()
        assert look.share == 0.5


@pytest.mark.parametrize("number", [1, 2, 5, 17, 40])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_selected_plot_is_always_seen(number: int, width: int, height: int):
    for selected in range(number):
        place = grid(number, width, height, selected)
        assert place.first <= selected < place.first + place.shown
        assert place.columns * place.width <= width
        assert place.rows * place.height <= height


async def test_late_frames_take_no_longer_than_early_ones(tmp_path: Path):
    """Eight hours of a line every 50 ms, by a clock that is not waited for."""
    path, at_once, number = tmp_path / "run" / "metrics.jsonl", 2000, 8 * 3600 * 20
    write_metrics(path.parent, epochs=1)
    async with watching(path.parent, size=(200, 60)) as (app, _):
        frames: list[float] = []
        with path.open("a") as file:
            for first in range(0, number, at_once):
                file.write(
                    "".join(
                        f'{{"step":{step},"epoch":1,"split":"train","wall_time":{1.7e9 + step / 20},'
                        f'"values":{{"loss":{2 + step % 13}}}}}\n'
                        for step in range(1000 + first, 1000 + first + at_once)
                    )
                )
                file.flush()
                app.plots.following.read(1 << 20)
                began = time.process_time()
                app.plots.show()
                app.plots.plots._painted = None
                app.plots.plots._paint(app.plots.plots.rich_style, [], [], 200)
                frames.append(time.process_time() - began)
        assert app.plots.following.runs[0].curves.tracks["train/loss"].points == number + 10
        tenth = len(frames) // 10
        early, late = sorted(frames[tenth : 2 * tenth]), sorted(frames[-tenth:])
        assert late[tenth // 2] < 2 * early[tenth // 2] + 0.002


def test_what_a_path_names(runs: Path, tmp_path: Path):
    assert [run.name for run in Following([runs]).runs] == ["base", "other"]
    assert [run.name for run in Following([runs / "base" / "metrics.jsonl", runs / "base"]).runs] == ["base"]
    assert [run.name for run in Following([tmp_path / "nowhere"]).runs] == ["nowhere"]
    write_metrics(tmp_path / "more" / "base")
    both = Following([runs / "base", tmp_path / "more" / "base"])
    assert [run.name for run in both.runs] == ["runs/base", "more/base"]
    assert [run.letter for run in both.runs] == ["A", "B"]


async def test_event_files_of_other_tools(tmp_path: Path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(str(tmp_path / "events"))
    for step in range(50):
        writer.add_scalar("Loss/train", 5 - step / 20, step)
    writer.flush()
    async with watching(tmp_path / "events") as (app, pilot):
        await until(pilot, app, "Loss/train")
        await until(pilot, app, "step 49")
        writer.add_scalar("Loss/train", 1, 70)
        writer.flush()
        await until(pilot, app, "step 70")
    writer.close()


def test_without_the_package_event_files_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "events.out.tfevents.1").write_bytes(b"")
    monkeypatch.setitem(
        sys.modules, "tensorboard.backend.event_processing.event_file_loader", cast("Any", None)
    )
    with pytest.raises(UserError, match=re.escape("diffurec[tensorboard]")):
        Following([tmp_path])


def test_it_starts_without_torch(runs: Path):
    told = subprocess.run(
        [sys.executable, "-c", "import sys; import diffurec_tui.watch, diffurec_tui.cli.watch;"
         "from diffurec_tui.metrics.followed import Following; from pathlib import Path;"
         "f = Following([Path(sys.argv[1])]); f.read_states();"
         "print(sorted({'torch', 'polars', 'sklearn', 'plotext'} & set(sys.modules)))", str(runs)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "[]\n"


def test_in_a_terminal_on_a_file_that_grows(tmp_path: Path):
    program = (
        "from diffurec_tui.cli.console import handle_errors\nimport sys\n"
        "from diffurec_tui.cli.watch import app\n"
        "with handle_errors():\n    app(args=sys.argv[1:], standalone_mode=False)\n"
    )
    child = pexpect.spawn(
        sys.executable, ["-c", program, "run", "--no-hints"], cwd=str(tmp_path), dimensions=(24, 80),
        timeout=60, encoding="utf-8", codec_errors="replace",
    )  # fmt: skip
    child.expect("waiting for")
    path = write_metrics(tmp_path / "run", epochs=1)
    child.expect("step 100")
    with path.open("a") as file:
        file.write("\n".join(lines(epochs=2)[11:]) + "\n")
    child.expect("200")
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    refused = subprocess.run(
        [sys.executable, "-c", program, "run"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: watch draws on a terminal")
