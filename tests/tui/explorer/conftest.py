from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from diffurec.errors import UserError
from diffurec.run import Run, open_run
from diffurec_tui import launching
from diffurec_tui.app import ExplorerApp
from diffurec_tui.snapshots import User
from diffurec_tui.watching import Opened
from tests.helpers import make_dataset, make_run

ODD_TITLES = (
    "The [bold]Matrix[/bold] [link=x] (1999)",
    "千と千尋の神隠し 千と千尋の神隠し 千と千尋の神隠し",
    "😀👨‍👩‍👧‍👦❤️ emoji",
    "فيلم عربي طويل جدا \u202e reversed",
    "L" + "o" * 700 + "ng",
    "tab\tnewline\nbell\x07escape\x1b[31m",
    "",
)


NO_TRAININGS = "tests start no training"


@pytest.fixture(autouse=True)
def no_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keys come, none of them starts a process."""

    def refuse(arguments: Sequence[str]) -> None:
        raise UserError(NO_TRAININGS)

    monkeypatch.setattr(launching, "launch", refuse)


@pytest.fixture(scope="session")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with 40 users and odd titles, never written to by tests that share it."""
    folder = tmp_path_factory.mktemp("explorer")
    titles = [*ODD_TITLES, *(f"Title number {item}" for item in range(60 - len(ODD_TITLES)))]
    return make_run(folder / "run", make_dataset(folder / "data", titles=titles)).path


def opened(path: Path, user: User | None = None, **options: object) -> Opened:
    run: Run = open_run(path)
    return Opened(run, run.dataset(), user, device="cpu", **options)  # type: ignore[arg-type]


@asynccontextmanager
async def exploring(
    path: Path, user: User | None = None, size: tuple[int, int] = (120, 40), **options: object
) -> AsyncIterator[tuple[ExplorerApp, Pilot[None]]]:
    """The app on a terminal of `size`, its first walk done."""
    app = ExplorerApp(opened(path, user, **options))
    async with app.run_test(size=size) as pilot:
        await walked(app, pilot)
        yield app, pilot


async def walked(app: ExplorerApp, pilot: Pilot[None], seconds: float = 30) -> None:
    """Wait until the walk asked for is there and drawn."""
    for _ in range(int(seconds / 0.02)):
        if app.trajectory is not None and app.trajectory.complete and app.index.has_ids:
            break
        await pilot.pause(0.02)
    else:
        raise AssertionError(f"no walk after {seconds} s: {app.trouble}")
    await pilot.pause()


def screen_text(app: ExplorerApp) -> list[str]:
    """What is on screen, a string a row."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
