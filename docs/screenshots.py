"""Draw the explorer's screens as SVG for the documentation.

python docs/screenshots.py --ckpt RUN [--out docs/images]
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from diffurec.data.catalogue import load_user_ids, row_of
from diffurec.run import open_run
from diffurec_tui.app import ExplorerApp
from diffurec_tui.watching import Opened

SHOTS: tuple[tuple[str, tuple[int, int], bool, list[str]], ...] = (
    ("explorer-users", (120, 36), False, ["down", "down", "down"]),
    ("explorer-walk", (120, 40), True, ["l"] * 26),
    ("explorer-small", (80, 24), True, ["l"] * 30),
    ("explorer-wide", (200, 50), True, ["end"]),
    ("explorer-diversity", (120, 40), True, ["2"]),
    ("explorer-map", (120, 40), True, ["3", *["l"] * 26, "c", *["Z"] * 2, "tab"]),
    ("metrics", (120, 40), False, ["4", "o", "s", "s", *["left"] * 12]),
    ("jobs", (120, 36), False, ["5"]),
    ("explorer-light", (120, 40), True, ["t", "end"]),
    ("explorer-help", (120, 50), True, ["question_mark"]),
)
"""Name, size, whether a user is opened, keys pressed."""


def main() -> None:
    """Take every screenshot."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--ckpt", type=Path, required=True, help="a trained run")
    options.add_argument("--user", help="whose walk is shown; the tenth user otherwise")
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, size, with_user, keys in SHOTS:
        drawn = asyncio.run(draw(chosen.ckpt, chosen.user, size, with_user, keys))
        (chosen.out / f"{name}.svg").write_text(drawn, encoding="utf-8")


async def draw(ckpt: Path, user: str | None, size: tuple[int, int], with_user: bool, keys: list[str]) -> str:
    """One screen as SVG."""
    run = open_run(ckpt)
    dataset = run.dataset()
    row = min(9, dataset.num_users - 1)
    if user is not None:
        row = row_of(load_user_ids(dataset), user)
    app = ExplorerApp(Opened(run, dataset, row if with_user else None, device="cpu"))
    async with app.run_test(size=size) as pilot:
        await walked(app, pilot.pause)
        for key in keys:
            await pilot.press(key)
        await walked(app, pilot.pause)
        await pilot.pause(3.0)  # ranks and samples come in
        return app.export_screenshot(title="diffurec explore")


async def walked(app: ExplorerApp, pause: Callable[[float], Awaitable[None]]) -> None:
    """Wait for the walk."""
    while app.trajectory is None or not app.trajectory.complete:
        await pause(0.05)


if __name__ == "__main__":
    main()
